import type { RefundRules } from '../domain/payment';
import type { EvidenceStorage, MalwareScanner } from '../integrations/evidence';
import type { NotificationReader } from '../integrations/payments/notifications';
import type { DataCipher, Logger, Metrics } from '../platform';
import type { Database } from '../store';
import type { RefundClient } from './refund-client';

export type Language = 'en' | 'zh-CN';

/** Whoever stands behind a credential. Separation of duties compares `personId`, never keys. */
export interface Principal {
  kind: 'person' | 'system' | 'customer';
  keyId: string;
  mode: 'live' | 'test';
  roles: string[];
  personId: string | null;
  customerId: string | null;
  ownerPersonId: string | null;
  creatorPersonId: string | null;
}

/** The settings that routes and middleware use; the composition root fills them from config. */
export interface ApiSettings {
  /** Where clients reach this service, without a slash at the end; links are built on it. */
  publicUrl: string;
  jsonBodyLimitBytes: number;
  evidenceLimitBytes: number;
  /** Requests that one key may make in a window; counted in this process. */
  rateLimit: { requests: number; windowMs: number };
  /** Requests with a bad credential that one address may make in the same window. */
  failedLoginLimit: number;
  /** How long a checked key is trusted; a revocation is seen within it. */
  keyCacheMs: number;
  /** Lets webhook endpoints be http and in private networks: for the local stack alone. */
  allowPrivateWebhookTargets: boolean;
  /** Base address of the Temporal UI for staff links, or null. */
  temporalUiUrl: string | null;
  temporalNamespace: string;
  /** Proxies between the client and this process, for the address that limits count by. */
  trustedProxyHops: number;
  /** How long a stage that somebody takes is theirs when they do not say. */
  claimMinutes: number;
}

/** What routes get; only the composition root and tests construct it. */
export interface AppDeps {
  config: ApiSettings;
  db: Database;
  refundClient: RefundClient;
  logger: Logger;
  metrics: Metrics;
  clock: () => Date;
  paymentNotifications: NotificationReader;
  /** Whether this installation can pay through an account of a provider. */
  canPay: (mode: 'live' | 'test', provider: string, merchantAccount: string) => boolean;
  /** What payees' accounts are sealed with, and how long a new one cools off; null: none can be kept. */
  destinations: { cipher: DataCipher; coolingOffMs: number } | null;
  /** How old a stated balance may be that a floor is compared with. */
  balanceMaxAgeMs: number;
  /** The provider through which this installation pays to accounts of customers in a currency; null: through none. */
  providerToAccounts: (mode: 'live' | 'test', currency: string) => string | null;
  /** What an account that this installation can pay through lets be refunded; null for every other account. */
  refundRules: (mode: 'live' | 'test', provider: string, merchantAccount: string) => RefundRules | null;
  /** What keeps evidence, the one that takes new evidence first; none: the database does. A scanner that is null looks at nothing. */
  evidence: { storages: EvidenceStorage[]; scanner: MalwareScanner | null };
  /** True from the first sign of shutdown: readiness turns false while requests in flight finish. */
  isDraining?: () => boolean;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** Set by `authenticate`; read it through `principalOf`. */
    principal?: Principal;
    requestId: string;
    language: Language;
  }
}
