/**
 * What providers send to us, apart from the gateways that instruct: this file loads no provider SDK, so that the API may
 * import it.
 */
import type { Mode } from './gateway';
import type {
  NotificationAnswers,
  NotificationHeaders,
  NotificationVerifier,
  VerifiedNotification,
} from './notification';
import { accountsIn, listProviders, type KnownAccounts } from './providers';

export * from './notification';

export interface NotificationReader {
  /**
   * Verifies a notification that came for an account and says what it tells.
   * @returns null when no such account is configured
   * @throws ForgedNotificationError
   */
  read(
    provider: string,
    merchantAccount: string,
    headers: NotificationHeaders,
    rawBody: Uint8Array,
    now: Date,
  ): VerifiedNotification | null;
  /** The modes in which an account is configured; empty when it is not. */
  modesOf(provider: string, merchantAccount: string): readonly Mode[];
}

/** @throws Error when an account is configured twice or has no secret */
export function createNotificationReader(options: KnownAccounts): NotificationReader {
  const verifiers = new Map<string, NotificationVerifier>();
  const modes = new Map<string, readonly Mode[]>();
  for (const provider of listProviders()) {
    const accounts = accountsIn(options, provider);
    for (const merchantAccount of new Set(accounts.map((account) => account.merchantAccount))) {
      const modesOfOne = accounts.filter((account) => account.merchantAccount === merchantAccount);
      const key = keyOf(provider.name, merchantAccount);
      const verifier = provider.notifications?.createVerifier(modesOfOne);
      if (verifier === undefined) continue;
      verifiers.set(key, verifier);
      modes.set(
        key,
        modesOfOne.map(({ mode }) => mode),
      );
    }
  }
  return {
    read: (provider, merchantAccount, headers, rawBody, now) =>
      verifiers.get(keyOf(provider, merchantAccount))?.verify(headers, rawBody, now) ?? null,
    modesOf: (provider, merchantAccount) => modes.get(keyOf(provider, merchantAccount)) ?? [],
  };
}

/** What most providers take: 200 for received, anything else for refused. */
const USUAL_ANSWERS: NotificationAnswers = { received: { status: 200, body: { received: true } }, refused: null };

/** How a provider wants its notifications answered. */
export function answersTo(provider: string): NotificationAnswers {
  return listProviders().find(({ name }) => name === provider)?.notifications?.answers ?? USUAL_ANSWERS;
}

const keyOf = (provider: string, merchantAccount: string): string => JSON.stringify([provider, merchantAccount]);
