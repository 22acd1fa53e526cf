import { statusAt } from '../../domain/destination';
import { countOtherHolders, readCustomerExternalId, type DestinationRecord } from '../../store';
import { compareHolder, fingerprintsOf, maskedHolder } from '../sealed-accounts';
import type { AppDeps, Principal } from '../types';
import { isStaff } from './refund';

/** Who works with accounts: the holder's name is for them and the payee, masked. */
const SEES_HOLDER = ['agent', 'finance', 'customer'];

/** A destination as this reader may see it. Nobody sees the account whole: it is opened for payment orders alone. */
export async function presentDestination(
  deps: Pick<AppDeps, 'db' | 'clock' | 'destinations'>,
  destination: DestinationRecord,
  principal: Principal,
): Promise<object> {
  const { id, refundId, country, masked, usableFrom, mismatches, payeeCheck, confirmedBy, createdAt } = destination;
  const mayName = deps.destinations !== null && principal.roles.some((role) => SEES_HOLDER.includes(role));
  const fingerprints = deps.destinations
    ? fingerprintsOf(deps.destinations.cipher, destination)
    : [destination.fingerprint];
  const status = statusAt(destination, deps.clock().toISOString());
  return {
    id,
    kind: 'bank_account',
    customerExternalId: await readCustomerExternalId(deps.db, destination.customerId),
    refundId,
    country,
    account: masked,
    holderName: mayName && deps.destinations ? maskedHolder(deps.destinations.cipher, destination) : null,
    holderVsCustomer: isStaff(principal)
      ? await compareHolder(deps.db, deps.destinations?.cipher ?? null, destination)
      : null,
    status,
    usableFrom,
    mismatches,
    payeeCheck,
    needsConfirmation:
      status === 'cooling_off' &&
      confirmedBy === null &&
      (payeeCheck === 'close_match' || payeeCheck === 'unavailable'),
    otherCustomers: isStaff(principal) ? await countOtherHolders(deps.db, destination, fingerprints) : null,
    replaces: destination.replacesId,
    revokedReason: destination.revokedReason,
    createdAt,
    links: { self: `/v1/destinations/${id}` },
  };
}
