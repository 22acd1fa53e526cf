import type { CrmConnector } from '../integrations/crm';
import type { NotificationChannel } from '../integrations/messaging';
import type { GatewayRegistry, PayeeChecker, SettlementRegistry } from '../integrations/payments';
import type { SealedAccounts } from './sealed-accounts';
import type { WebhookSender } from '../integrations/webhooks';
import type { Logger, Metrics } from '../platform';
import type { Database } from '../store';

/** What activities work with; the worker's composition root builds it, tests put parts of their own in. */
export interface ActivityDeps {
  db: Database;
  gateways: GatewayRegistry;
  settlements: SettlementRegistry;
  payeeChecker: PayeeChecker;
  /** Payees' accounts; null: this deployment keeps none. */
  accounts: SealedAccounts | null;
  /** Null: this deployment has no CRM. */
  crm: CrmConnector | null;
  email: NotificationChannel;
  webhooks: WebhookSender;
  letters: LetterSettings;
  /** How old a stated balance may be that a floor is compared with. */
  balanceMaxAgeMs: number;
  /**
   * The wall clock, for two things alone: leases, which are about processes, and the batches of delivery and sweeps,
   * which serve all refunds and so run outside any refund's own time. What concerns one refund takes `now` from its input.
   */
  clock: () => Date;
  /** Wakes the delivery workflow soon: something may have become due. */
  nudgeDelivery: () => void;
  logger: Logger;
  metrics: Metrics;
}

export interface LetterSettings {
  shopName: string;
  /** Right-hand side of Message-IDs. */
  messageIdDomain: string;
  /** Where the API is reached, for links in letters; null: letters hold none. */
  publicUrl: string | null;
}
