import { createHash } from 'node:crypto';
import { heartbeat } from '@temporalio/activity';
import type { BankTransferActivities } from '../contract';
import { ExchangeUnavailableError, WITHDRAWN, type BankAccount } from '../integrations/payments';
import {
  listApprovedBankFiles,
  listRejectedBankFiles,
  listProvenAttempts,
  markBankFileWithdrawn,
  moveBankFile,
  noteBankFile,
  releaseBankFile,
  storeProviderEvent,
  type BankFileRecord,
  type PaymentAttemptRecord,
} from '../store';
import type { ActivityDeps } from './deps';

export type BankFileDeps = Pick<ActivityDeps, 'db' | 'gateways' | 'logger'>;

/** Shows people the file that a payment by bank transfer waits in. Safe to repeat; nothing for other providers. */
export async function noteFileOf(deps: BankFileDeps, attempt: PaymentAttemptRecord, nowIso: string): Promise<void> {
  const account = deps.gateways
    .bankAccounts()
    .find(
      (one) =>
        one.provider === attempt.provider &&
        one.merchantAccount === attempt.merchantAccount &&
        one.mode === attempt.mode,
    );
  const stored = await account?.release.find(attempt.reference);
  if (!account || !stored) return;
  const { reference, refundId, amountMinor, currency, sha256, createdAt } = stored;
  const { mode, merchantAccount } = account;
  await noteBankFile(
    deps.db,
    { mode, merchantAccount, reference, refundId, amountMinor, currency, sha256, createdAt },
    nowIso,
  );
}

/**
 * Carries what people have approved over to the directory, which judges it again by the bytes that lie there, and the
 * directory's word of how far a file has come back. What holds a payment is judged once more in the instant before its file
 * leaves. What people have rejected is taken out of the directory. What the bank says otherwise of a payment that is proven
 * is written down as a provider's notification, for nobody asks about it any more. Each step may be repeated, and may be taken by
 * several workers at once.
 */
export function createSyncBankFiles(
  deps: BankFileDeps & Pick<ActivityDeps, 'clock' | 'balanceMaxAgeMs'>,
): Pick<BankTransferActivities, 'syncBankFiles'> {
  const { db, gateways, clock, logger, balanceMaxAgeMs } = deps;

  async function release({ release: outbox }: BankAccount, file: BankFileRecord): Promise<boolean> {
    const { reference } = file;
    const known = await outbox.find(reference);
    if (known === null) {
      logger.error({ bankFileId: file.id, reference }, 'A released file is not in its directory.');
      return false;
    }
    const waiting = await outbox.waitingSha256(reference);
    if (waiting !== null && waiting !== file.sha256) {
      // The bytes in the directory are not those that people have seen: nothing goes to the bank.
      logger.error({ bankFileId: file.id, reference, code: 'other_content' }, 'An approval was refused by the outbox.');
      return false;
    }
    const key = { id: file.id, mode: file.mode };
    const held = await releaseBankFile(db, key, clock().toISOString(), { balanceMaxAgeMs });
    if (held !== null) {
      logger.warn(
        { bankFileId: file.id, reference, code: held },
        'A file that two persons have approved does not leave.',
      );
      return false;
    }
    for (const approval of file.approvals) {
      if (known.approvals.some(({ personId, sha256 }) => personId === approval.personId && sha256 === approval.sha256))
        continue;
      const outcome = await outbox.approve(reference, approval);
      if (outcome.outcome === 'refused' && outcome.reason !== 'already_released') {
        // The bytes in the directory are not those that people have seen: nothing goes to the bank.
        logger.error(
          { bankFileId: file.id, reference, code: outcome.reason },
          'An approval was refused by the outbox.',
        );
        return false;
      }
    }
    const now = await outbox.handOver(reference);
    if (now === null || now.state === 'waiting') return false;
    const to = now.state === 'gone' ? 'delivered' : 'released';
    return moveBankFile(db, { id: file.id, mode: file.mode }, to, clock().toISOString());
  }

  /** Proves that nothing was paid by a file that people have rejected. */
  async function withdraw({ provider, release: outbox }: BankAccount, file: BankFileRecord): Promise<boolean> {
    const { reference, mode, merchantAccount } = file;
    const now = await outbox.withdraw(reference);
    if (now?.state !== 'withdrawn') {
      logger.error({ bankFileId: file.id, reference, state: now?.state }, 'A rejected file could not be taken back.');
      return false;
    }
    const nowIso = clock().toISOString();
    await storeProviderEvent(
      db,
      {
        mode,
        provider,
        merchantAccount,
        providerEventId: `rejected-${file.id}`,
        type: 'bank_file.rejected',
        reference,
        providerRefundId: reference,
        providerPaymentIds: [],
        occurredAt: file.rejectedAt,
        facts: { outcome: 'failed', amountMinor: null, failure: WITHDRAWN, traceNumber: null },
        payloadHash: file.sha256,
      },
      nowIso,
    );
    await markBankFileWithdrawn(db, file.id, nowIso);
    return true;
  }

  /**
   * Writes down what the bank has taken back of money that was proven to have been paid, and where it contradicts itself
   * about what is proven.
   */
  async function tellTurns({ mode, provider, merchantAccount, release: bank }: BankAccount): Promise<number> {
    let told = 0;
    const account = { mode, provider, merchantAccount };
    const contested = await bank.contested();
    const turned = { succeeded: await bank.turned(), failed: contested, returned: contested };
    for (const proven of await listProvenAttempts(db, account, turned)) {
      heartbeat();
      const facts = await bank.wordOn(proven);
      // That money which came back is not with the customer is known.
      const known = proven.status === 'returned' ? 'failed' : proven.status;
      if (!facts || facts.outcome === known) continue;
      // The same word is one notification, however often it is read; another one is news.
      const payloadHash = createHash('sha256')
        .update(JSON.stringify([proven.reference, facts]))
        .digest('hex');
      const stored = await storeProviderEvent(
        db,
        {
          ...account,
          providerEventId: `returned-${payloadHash.slice(0, 32)}`,
          type: facts.contradicts ? 'bank.contradicted' : 'bank.returned',
          reference: proven.reference,
          providerRefundId: proven.reference,
          providerPaymentIds: [],
          occurredAt: null,
          facts,
          payloadHash,
        },
        clock().toISOString(),
      );
      if (stored.isNew) told += 1;
    }
    return told;
  }

  /** A bank whose answers cannot be fetched now is asked in the next round; it must not keep files from leaving. */
  async function tellTurnsIfReached(account: BankAccount): Promise<number> {
    try {
      return await tellTurns(account);
    } catch (error) {
      if (!(error instanceof ExchangeUnavailableError)) throw error;
      logger.warn({ merchantAccount: account.merchantAccount, code: error.code }, 'The bank’s answers cannot be read.');
      return 0;
    }
  }

  return {
    async syncBankFiles({ limit }) {
      const total = { found: 0, done: 0 };
      for (const account of gateways.bankAccounts()) {
        const { mode, merchantAccount } = account;
        const files = await listApprovedBankFiles(db, { mode, merchantAccount }, limit);
        total.found += files.length;
        for (const file of files) {
          heartbeat();
          if (await release(account, file)) total.done += 1;
        }
        const rejected = await listRejectedBankFiles(db, { mode, merchantAccount }, limit);
        total.found += rejected.length;
        for (const file of rejected) {
          heartbeat();
          if (await withdraw(account, file)) total.done += 1;
        }
        const told = await tellTurnsIfReached(account);
        total.found += told;
        total.done += told;
      }
      return total;
    },
  };
}
