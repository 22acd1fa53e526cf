import { direct, type Db } from './client';
import type { Prisma } from './generated/prisma/client';

export type CommandKind =
  | 'create_refund'
  | 'decide'
  | 'withdraw'
  | 'inform'
  | 'confirm_receipt'
  | 'act_on_desk'
  | 'propose_payout_stop'
  | 'confirm_payout_stop'
  | 'lift_payout_stop'
  | 'confirm_lift'
  | 'propose_payout_limit'
  | 'confirm_payout_limit'
  | 'state_balance'
  | 'book_exchange'
  | 'grant_goodwill_budget'
  | 'create_webhook_endpoint'
  | 'upload_evidence'
  | 'reconcile'
  | 'enter_destination'
  | 'enter_destination_again'
  | 'confirm_destination'
  | 'revoke_destination'
  | 'approve_bank_file'
  | 'reject_bank_file';

/** An authenticated intent. Whoever acts on it compares what it is told with this row. */
export interface CommandRecord {
  id: string;
  mode: 'live' | 'test';
  kind: CommandKind;
  refundId: string | null;
  principalKind: 'person' | 'system' | 'customer';
  /** The key that stated the intent. */
  principalId: string;
  personId: string | null;
  roles: string[];
  /** Hash of principal, mode, route and idempotency key: also the id of the Temporal update. */
  scopeHash: string;
  body: unknown;
  snapshotVersion: number | null;
  outcome: string;
  transitionSeq: number | null;
  expiresAt: string;
}

export interface NewCommand extends Omit<CommandRecord, 'outcome' | 'transitionSeq'> {
  route: string;
  bodyHash: string;
  leaseUntil: string;
}

/** What an idempotency key stands for when a request comes with it. */
export type Claim =
  | { state: 'claimed'; command: CommandRecord; isNew: boolean }
  | { state: 'other_body' }
  | { state: 'answered'; status: number; body: string }
  | { state: 'running' };

/**
 * Claims the scope of a new command, committed at once when `db` is not a transaction; a scope that stands already is
 * answered from, waited for or, when nobody works on it, leased again. A leased command that nobody has used gets the
 * expiry of the new attempt: its principal has just stated it again.
 */
export async function claimCommand(db: Db, command: NewCommand, now: Date): Promise<Claim> {
  // Every write of the API begins here, so it is one plain statement.
  const inserted = await direct(db).$executeRaw`
    INSERT INTO commands (id, mode, kind, refund_id, principal_kind, principal_id, person_id, roles, route, scope_hash,
      body_hash, body, snapshot_version, lease_until, expires_at, created_at)
    VALUES (${command.id}, ${command.mode}::"Mode", ${command.kind}, ${command.refundId}, ${command.principalKind},
      ${command.principalId}, ${command.personId}, ${command.roles}, ${command.route}, ${command.scopeHash},
      ${command.bodyHash}, ${JSON.stringify(command.body)}::jsonb, ${command.snapshotVersion},
      ${new Date(command.leaseUntil)}, ${new Date(command.expiresAt)}, ${now})
    ON CONFLICT DO NOTHING`;
  if (inserted === 1) {
    return { state: 'claimed', command: { ...asRecord(command), outcome: 'open', transitionSeq: null }, isNew: true };
  }
  const row = await db.command.findUnique({ where: { scopeHash: command.scopeHash } });
  // Given back between the two statements: as good as still running, the caller repeats in a second.
  if (!row) return { state: 'running' };
  if (row.bodyHash !== command.bodyHash) return { state: 'other_body' };
  if (row.responseStatus !== null) {
    return { state: 'answered', status: row.responseStatus, body: row.responseBody as string };
  }
  const renew = row.outcome === 'open' ? { expiresAt: new Date(command.expiresAt) } : {};
  const leased = await db.command.updateMany({
    where: { id: row.id, responseStatus: null, OR: [{ leaseUntil: null }, { leaseUntil: { lt: now } }] },
    data: { leaseUntil: new Date(command.leaseUntil), ...renew },
  });
  if (leased.count === 0) return { state: 'running' };
  return { state: 'claimed', command: recordOf({ ...row, ...renew }), isNew: false };
}

/** Keeps the answer of a command, as serialised JSON, so that a repeat gets the same bytes. */
export async function storeCommandAnswer(
  db: Db,
  commandId: string,
  answer: { status: number; body: string },
): Promise<void> {
  const stored = await direct(db).$executeRaw`
    UPDATE commands SET response_status = ${answer.status}, response_body = ${JSON.stringify(answer.body)}::jsonb,
      lease_until = NULL WHERE id = ${commandId}`;
  if (stored !== 1) throw new Error(`The command ${commandId} is not there to be answered.`);
}

/** Ends the lease without an answer: the next request with the same key runs the command again. */
export async function releaseCommand(db: Db, commandId: string): Promise<void> {
  await db.command.updateMany({ where: { id: commandId, responseStatus: null }, data: { leaseUntil: null } });
}

/** Gives the idempotency key back: for a new command that nobody has used and that was refused before it did anything. */
export async function discardCommand(db: Db, commandId: string): Promise<void> {
  await db.command.deleteMany({
    where: { id: commandId, outcome: 'open', transitionSeq: null, responseStatus: null, decision: null },
  });
}

function recordOf(row: Prisma.CommandGetPayload<object>): CommandRecord {
  return {
    ...asRecord({
      ...row,
      kind: row.kind as CommandKind,
      principalKind: row.principalKind as CommandRecord['principalKind'],
      expiresAt: row.expiresAt.toISOString(),
    }),
    outcome: row.outcome,
    transitionSeq: row.transitionSeq,
  };
}

const asRecord = (
  row: Omit<CommandRecord, 'outcome' | 'transitionSeq'>,
): Omit<CommandRecord, 'outcome' | 'transitionSeq'> => ({
  id: row.id,
  mode: row.mode,
  kind: row.kind,
  refundId: row.refundId,
  principalKind: row.principalKind,
  principalId: row.principalId,
  personId: row.personId,
  roles: row.roles,
  scopeHash: row.scopeHash,
  body: row.body,
  snapshotVersion: row.snapshotVersion,
  expiresAt: row.expiresAt,
});
