import { judgeSecondWord, type FirstWord, type SecondWordRefusal } from '../domain/payment';
import { appendSharedAudit, type AuditEntry } from './audit';
import type { Database, Db } from './client';
import { lockPayoutRules } from './interlocks';
import type { Mode } from './refund-views';

/** A person's act on what two persons must agree on. */
export interface PersonAct {
  mode: Mode;
  personId: string;
  /** The command that states it: audited with it. */
  commandId: string;
  nowIso: string;
}

/** What became of a person's word. */
export type WordOutcome<Row> =
  | { kind: 'done'; row: Row }
  | { kind: 'refused'; reason: SecondWordRefusal }
  /** Nothing waits for this word: the row stands elsewhere. */
  | { kind: 'not_open'; state: string }
  | { kind: 'missing' };

/** How one kind of row is read, judged and written. */
export interface TwoPersonStep<Row extends { id: string; state: string }> {
  /** Reads the row under its lock; null when there is none in this mode. */
  load(tx: Db): Promise<Row | null>;
  /**
   * The word that another person must confirm; `alone` when this one needs no other; `repeated` when this very person has
   * said it already, so that a repetition changes nothing; null when nothing waits.
   */
  waiting(row: Row): FirstWord | 'alone' | 'repeated' | null;
  write(tx: Db, row: Row): Promise<Row>;
  /** The audit event of the word that counts; a refusal is `<event>_refused`. */
  event: string;
  /** What the audit says of the row: ids, codes and numbers. */
  facts(row: Row): Record<string, unknown>;
}

/**
 * One person's word on what two must agree on. The rules of payouts are locked first, so that no payment is being marked
 * while they change; the row is locked; the domain judges; the row, or the refusal, is audited in the same transaction.
 */
export async function sayWord<Row extends { id: string; state: string }>(
  db: Database,
  act: PersonAct,
  step: TwoPersonStep<Row>,
): Promise<WordOutcome<Row>> {
  return await db.$transaction(async (tx) => {
    await lockPayoutRules(tx, act.mode);
    const row = await step.load(tx);
    if (!row) return { kind: 'missing' };
    const waiting = step.waiting(row);
    if (waiting === 'repeated') return { kind: 'done', row };
    if (waiting === null) return { kind: 'not_open', state: row.state };
    const refusal = waiting === 'alone' ? null : judgeSecondWord(waiting, act.personId, act.nowIso);
    if (refusal !== null) {
      await auditWord(tx, act, `${step.event}_refused`, { ...step.facts(row), reason: refusal });
      return { kind: 'refused', reason: refusal };
    }
    const written = await step.write(tx, row);
    await auditWord(tx, act, step.event, step.facts(written));
    return { kind: 'done', row: written };
  });
}

/** Audits a person's word on the shared chain of configuration. Call it inside the transaction of the word. */
export async function auditWord(tx: Db, act: PersonAct, type: string, data: Record<string, unknown>): Promise<void> {
  const entry: AuditEntry = {
    type,
    actor: { kind: 'person', id: act.personId },
    data: { ...data, commandId: act.commandId },
  };
  await appendSharedAudit(tx, 'configuration', act.mode, act.nowIso, [entry]);
}
