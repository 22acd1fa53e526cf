import { direct, type Db } from './client';
import { Prisma } from './generated/prisma/client';
import { decisionFactsOf } from './delegation-facts';
import { factsColumns, JUDGES_STAGE, type FactsColumns, type Standing } from './refund-views';
import { LAZILY } from './rows';

export type CommandKind =
  | 'create_refund'
  | 'decide'
  | 'withdraw'
  | 'inform'
  | 'appeal'
  | 'accept_offer'
  | 'confirm_receipt'
  | 'act_on_desk'
  | 'propose_payout_stop'
  | 'confirm_payout_stop'
  | 'lift_payout_stop'
  | 'confirm_lift'
  | 'propose_payout_limit'
  | 'confirm_payout_limit'
  | 'set_customer_tier'
  | 'propose_list_entry'
  | 'confirm_list_entry'
  | 'end_list_entry'
  | 'confirm_list_end'
  | 'freeze_payment'
  | 'propose_dispute_outcome'
  | 'confirm_dispute_outcome'
  | 'state_balance'
  | 'book_exchange'
  | 'propose_goodwill_budget'
  | 'confirm_goodwill_budget'
  | 'create_webhook_endpoint'
  | 'upload_evidence'
  | 'reconcile'
  | 'enter_destination'
  | 'enter_destination_again'
  | 'confirm_destination'
  | 'revoke_destination'
  | 'approve_bank_file'
  | 'draft_policy'
  | 'revise_policy'
  | 'submit_policy'
  | 'approve_policy'
  | 'return_policy'
  | 'change_calendar'
  | 'replan_calendar'
  | 'set_call_hours'
  | 'delegate'
  | 'revoke_delegation'
  | 'claim_stage'
  | 'release_stage'
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
  /** How the refund that it is about stood in the instant of a new claim; see claimCommandAbout. */
  standing?: Standing;
}

export interface NewCommand extends Omit<CommandRecord, 'outcome' | 'transitionSeq' | 'standing'> {
  route: string;
  /** Of what was sent; the first one is kept, a repeat may have come under any. */
  bodyHashes: readonly string[];
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
  // Every write of the API begins here, so it is one plain statement. A refund's acceptance takes its command to the disk
  // with it, and before that nobody has been promised anything: its claim need not wait for the disk by itself.
  const lazily = command.kind === 'create_refund';
  const inserted = await direct(db).$executeRaw`
    INSERT INTO commands (${COLUMNS})
    SELECT ${valuesOf(command, now)}
    ${lazily ? Prisma.sql`FROM ${LAZILY}` : Prisma.empty}
    ON CONFLICT DO NOTHING`;
  return inserted === 1 ? isNew(command) : claimAgain(db, command, now);
}

/**
 * As claimCommand, for a command about a refund that must be there for this principal: in the same statement it is looked for
 * and, for a new claim, its standing is read. `no_refund` leaves nothing behind.
 * @param customerId set for a customer's own token: only their own refunds.
 */
export async function claimCommandAbout(
  db: Db,
  command: NewCommand & { refundId: string },
  customerId: string | null,
  now: Date,
): Promise<Claim | { state: 'no_refund' }> {
  const judgesStage = JUDGES_STAGE.includes(command.kind);
  const [found] = await direct(db).$queryRaw<
    ({ claimed: boolean; process: Standing['process']; rounds: number } & FactsColumns)[]
  >`
    WITH about AS (
      SELECT r.process, (r.plan->>'maxCorrectionRounds')::int AS rounds,
        ${factsColumns(Prisma.sql`${judgesStage}::boolean`, now)} FROM refunds r
      WHERE r.id = ${command.refundId} AND r.mode = ${command.mode}::"Mode"
        AND (${customerId}::text IS NULL OR r.customer_id = ${customerId})),
    claimed AS (
      INSERT INTO commands (${COLUMNS})
      SELECT ${valuesOf(command, now)} FROM about
      ON CONFLICT DO NOTHING
      RETURNING id)
    SELECT EXISTS (SELECT 1 FROM claimed) AS claimed, about.* FROM about`;
  if (!found) return { state: 'no_refund' };
  if (!found.claimed) return claimAgain(db, command, now);
  const standing: Standing = {
    process: found.process,
    maxCorrectionRounds: found.rounds,
    facts: judgesStage ? decisionFactsOf(found) : null,
    outcome: 'open',
    transitionSeq: null,
    refusalCode: null,
  };
  return isNew(command, standing);
}

const COLUMNS = Prisma.raw(
  `id, mode, kind, refund_id, principal_kind, principal_id, person_id, roles, route, scope_hash, body_hash, body,
    snapshot_version, lease_until, expires_at, created_at`,
);

function valuesOf(command: NewCommand, now: Date): Prisma.Sql {
  const [bodyHash] = command.bodyHashes;
  if (bodyHash === undefined)
    throw new Error('A command without a hash of its body could not be told from another one.');
  return Prisma.sql`
  ${command.id}, ${command.mode}::"Mode", ${command.kind}, ${command.refundId}, ${command.principalKind},
  ${command.principalId}, ${command.personId}, ${command.roles}::text[], ${command.route}, ${command.scopeHash},
  ${bodyHash}, ${JSON.stringify(command.body)}::jsonb, ${command.snapshotVersion}::int,
  ${new Date(command.leaseUntil)}::timestamptz, ${new Date(command.expiresAt)}::timestamptz, ${now}::timestamptz`;
}

const isNew = (command: NewCommand, standing?: Standing): Claim => ({
  state: 'claimed',
  command: { ...asRecord(command), outcome: 'open', transitionSeq: null, ...(standing ? { standing } : {}) },
  isNew: true,
});

/** The scope stands already. */
async function claimAgain(db: Db, command: NewCommand, now: Date): Promise<Claim> {
  const row = await db.command.findUnique({ where: { scopeHash: command.scopeHash } });
  // Given back between the two statements: as good as still running, the caller repeats in a second.
  if (!row) return { state: 'running' };
  if (!command.bodyHashes.includes(row.bodyHash)) return { state: 'other_body' };
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

/**
 * Keeps the answer of a command, as serialised JSON, so that a repeat gets the same bytes. The answer to a command that has
 * counted does not wait for the disk: what a crash takes back, a repeat is answered anew from what counted.
 */
export async function storeCommandAnswer(
  db: Db,
  commandId: string,
  answer: { status: number; body: string },
): Promise<void> {
  const stored = await direct(db).$executeRaw`
    UPDATE commands SET response_status = ${answer.status}, response_body = ${JSON.stringify(answer.body)}::jsonb,
      lease_until = NULL
    WHERE id = ${commandId}
      AND CASE outcome WHEN 'done' THEN set_config('synchronous_commit', 'off', true) IS NOT NULL ELSE true END`;
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
  row: Omit<CommandRecord, 'outcome' | 'transitionSeq' | 'standing'>,
): Omit<CommandRecord, 'outcome' | 'transitionSeq' | 'standing'> => ({
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
