import type { Mode } from '../gateway';
import type { StripeAccountOptions } from './client';

/** An account at Stripe as it is set up. */
export interface StripeSettings {
  merchantAccount: string;
  mode: Mode;
  secretKey: string;
  /** Null: Stripe itself. */
  apiUrl: string | null;
}

/** The account as its gateway takes it. */
export const stripeAccount = ({ apiUrl, ...account }: StripeSettings): StripeAccountOptions => ({
  ...account,
  ...(apiUrl === null ? {} : { apiBase: apiUrl }),
});
