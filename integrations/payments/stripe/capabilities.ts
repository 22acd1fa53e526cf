import type { GatewayCapabilities } from '../capabilities';
import { stripeRefuses } from './currency';

/** Stripe, as a process sees it. Card refunds mostly end at once; others stay pending for minutes to days. */
export const STRIPE_CAPABILITIES: GatewayCapabilities = {
  partial: true,
  // Nearly all of them; which not, and which amounts not, is in its table of decimals.
  currencies: null,
  paysToAccounts: false,
  needsDestination: false,
  canReturn: true,
  asynchronous: true,
  queryable: true,
  queryBackOff: { delaysSeconds: [10, 30, 60, 60, 120, 300, 600, 1200, 1800, 3600], maxQueries: 60 },
  refuses: stripeRefuses,
};
