import type { RedressActivities } from '../contract';
import { DEFAULT_QUERY_BACK_OFF } from '../domain/payment';
import { createSyncBankFiles } from './bank-files';
import { createCheckPayees } from './check-payees';
import { createDeliverDueMessages } from './deliver-due-messages';
import { createDeliverDueWebhooks } from './deliver-due-webhooks';
import type { ActivityDeps } from './deps';
import { createInstructPayment } from './instruct-payment';
import { createMaintenanceActivities } from './maintenance';
import { measureRecordStep } from './measure-record-step';
import { createQueryPayment } from './query-payment';
import { createReconciliationActivities } from './reconcile';
import { createRecordActivities } from './record-transition';
import { createResealDestinations } from './reseal-destinations';
import { createTellActivities } from './tell';

export type { ActivityDeps, LetterSettings } from './deps';
export { sealedAccounts, type SealedAccounts } from './sealed-accounts';

/** Every activity there is, by the name that workflows call it by. */
export function createActivities(deps: ActivityDeps): RedressActivities {
  const backOffOf = (provider: string) => deps.gateways.backOffOf(provider) ?? DEFAULT_QUERY_BACK_OFF;
  return {
    ...measureRecordStep(
      createRecordActivities({
        db: deps.db,
        nudge: deps.nudgeDelivery,
        backOffOf,
        canReturn: (provider) => deps.gateways.canReturn(provider),
        returnsByQueryAlone: (provider) => deps.gateways.returnsByQueryAlone(provider),
        providerToAccounts: (mode, currency) => deps.gateways.payerToAccounts(mode, currency)?.provider ?? null,
      }),
      deps.metrics,
    ),
    ...createInstructPayment(deps),
    ...createQueryPayment(deps),
    ...createTellActivities(deps),
    ...createDeliverDueMessages(deps),
    ...createDeliverDueWebhooks(deps),
    ...createMaintenanceActivities(deps),
    ...createReconciliationActivities(deps),
    ...createCheckPayees(deps),
    ...createSyncBankFiles(deps),
    ...createResealDestinations(deps),
  };
}
