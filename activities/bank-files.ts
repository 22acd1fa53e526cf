import { heartbeat } from '@temporalio/activity';
import type { BankTransferActivities } from '../contract';
import type { BankAccount } from '../integrations/payments';
import {
  listApprovedBankFiles,
  moveBankFile,
  noteBankFile,
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
 * directory's word of how far a file has come back. Each step may be repeated, and may be taken by several workers at once.
 */
export function createSyncBankFiles(
  deps: BankFileDeps & Pick<ActivityDeps, 'clock'>,
): Pick<BankTransferActivities, 'syncBankFiles'> {
  const { db, gateways, clock, logger } = deps;

  async function release({ release: outbox }: BankAccount, file: BankFileRecord): Promise<boolean> {
    const { reference } = file;
    const known = await outbox.find(reference);
    if (known === null) {
      logger.error({ bankFileId: file.id, reference }, 'A released file is not in its directory.');
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
      }
      return total;
    },
  };
}
