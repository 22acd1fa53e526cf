import { isWatched } from '../../../domain/refund';
import { isUnsettled, type RefundCase } from '../state';
import { arrive } from './arrive';
import { pay } from './pay';
import { tellOutsiders } from './tell';

/**
 * Until the money is where it belongs: paid, and watched until it has arrived or the watch has ended. Money that comes back
 * is paid again; what two people give up ends here too, when what was paid of it has been watched.
 */
export async function payUntilSettled(refund: RefundCase): Promise<void> {
  while (isUnsettled(refund)) {
    await pay(refund);
    if (!isWatched(refund.state)) return;
    if (refund.state.status === 'paid') tellOutsiders(refund, 'paid');
    await arrive(refund);
  }
}
