import { CALLS_TO_DECIDE, type MessageChannel } from '../domain/refund';
import { direct, type Db } from './client';
import { atStakeOf, BEGINS_AT, ENDS_AT, LENT_ROLES } from './delegation-facts';
import { Prisma } from './generated/prisma/client';
import { FACT_COLUMNS, FACT_TABLES, factsOfRows, type FactsRow, type LetterFacts } from './letter-facts';
import type { ClaimedMessage } from './messages';
import { LAZILY } from './rows';

/** Whom a letter goes to. */
export interface LetterRecipient {
  /** What tells the letters of one message apart: the customer's or the person's id. */
  id: string;
  name: string;
  /** Null: there is no address. */
  email: string | null;
  locale: string;
  /** In whose hours calls to act reach them, as stored; null: whenever they are written. */
  calendar?: string | null;
}

/** One message with all it takes to write it. */
export interface MessageToDeliver {
  message: ClaimedMessage;
  facts: LetterFacts;
  /** Roles are resolved when a letter is claimed to be sent, so that newcomers are told and leavers are not. */
  recipients: LetterRecipient[];
  /** What the decider wrote for the customer. */
  messageToCustomer: string | null;
}

export interface ClaimedMessages {
  /** What can be delivered. */
  items: MessageToDeliver[];
  /** Claimed as well, but the refund or its calendar cannot be found. */
  unreadable: ClaimedMessage[];
}

/** How long the refund's own workflow has its rows for itself before the shared delivery takes what is left. */
const LEFTOVER_AFTER_MS = 120_000;

/**
 * Claims what a transition tells outsiders on these channels, and reads what it is written from in the same statement.
 * Rows that somebody else is sending are left to them.
 * @param claim.nowIso,claim.untilIso the lease by the wall clock: it is about processes, not about the refund's time
 */
export async function claimRefundMessages(
  db: Db,
  claim: { refundId: string; seq: number; channels: readonly MessageChannel[]; nowIso: string; untilIso: string },
): Promise<ClaimedMessages> {
  return claimAndRead(
    db,
    Prisma.sql`
      UPDATE messages m SET claimed_until = ${new Date(claim.untilIso)}, attempts = m.attempts + 1
      WHERE m.refund_id = ${claim.refundId} AND m.transition_seq = ${claim.seq} AND m.channel = ANY(${claim.channels})
        AND m.owner = 'refund' AND m.status = 'due'
        AND (m.claimed_until IS NULL OR m.claimed_until <= ${new Date(claim.nowIso)})
      RETURNING m.*`,
  );
}

/**
 * Claims a batch of what is due, oldest first, passing over rows that another worker is claiming, and reads what it is
 * written from in the same statement. Rows of the refund's own workflow are taken only when it has left them for two
 * minutes.
 */
export async function claimDueMessages(
  db: Db,
  claim: { nowIso: string; untilIso: string; limit: number },
): Promise<ClaimedMessages> {
  const now = new Date(claim.nowIso);
  return claimAndRead(
    db,
    Prisma.sql`
      UPDATE messages m SET claimed_until = ${new Date(claim.untilIso)}, attempts = m.attempts + 1
      FROM due WHERE m.id = due.id
      RETURNING m.*`,
    Prisma.sql`
      due AS (
        SELECT id FROM messages
        WHERE status = 'due' AND due_at <= ${now}
          AND (owner = 'delivery' OR due_at <= ${new Date(now.getTime() - LEFTOVER_AFTER_MS)})
          AND (claimed_until IS NULL OR claimed_until <= ${now})
        ORDER BY due_at LIMIT ${claim.limit} FOR UPDATE SKIP LOCKED),`,
  );
}

/**
 * Whether somebody could take a decision that the refund `f` calls the role of `m` to, in the place of somebody who holds it: by
 * the clock of the wall, as everything about who is written to.
 */
const STANDS_IN = Prisma.sql`
  EXISTS (SELECT 1 FROM delegations d
    WHERE d.delegate_id = p.id AND ${BEGINS_AT} <= now() AND ${ENDS_AT} > now()
      AND jsonb_exists(${LENT_ROLES}, substr(m.recipient, 6))
      AND (d.cap_minor IS NULL OR (d.cap_currency = f.currency AND d.cap_minor >= ${atStakeOf(Prisma.sql`f`)})))`;

/** What the statement below gives. */
type ClaimedRow = FactsRow & {
  message_id: string;
  message_seq: number;
  kind: ClaimedMessage['kind'];
  channel: MessageChannel;
  recipient: string;
  locale: string;
  data: ClaimedMessage['data'];
  owner: ClaimedMessage['owner'];
  attempts: number;
  people: LetterRecipient[] | null;
  words: string | null;
};

/**
 * Claiming is committed with the statement's end, so that nothing is sent before its claim stands. It does not wait for the
 * disk: a claim that a crash takes back has a letter sent again under its Message-ID. A channel that must send once at most
 * needs a claim that waits.
 */
async function claimAndRead(db: Db, claiming: Prisma.Sql, before: Prisma.Sql = Prisma.empty): Promise<ClaimedMessages> {
  const rows = await direct(db).$queryRaw<ClaimedRow[]>`
    WITH ${before} m AS (${claiming})
    SELECT m.id AS message_id, m.transition_seq AS message_seq, m.kind, m.channel, m.recipient, m.locale, m.data, m.owner,
      m.attempts, d.message_to_customer AS words,
      (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'email', p.email, 'locale', p.locale,
           'calendar', (SELECT k.document::text FROM calendars k WHERE k.mode = p.mode AND k.id = p.calendar_id)) ORDER BY p.id)
         FROM people p
         WHERE (m.recipient LIKE 'role:%' OR m.recipient LIKE 'person:%') AND p.active AND p.mode = m.mode
           AND (m.recipient = 'person:' || p.id
             OR EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id AND m.recipient = 'role:' || r.role)
             OR (m.kind = ANY(${CALLS_TO_DECIDE}) AND ${STANDS_IN}))
      ) AS people,
      ${FACT_COLUMNS}
    FROM m
    JOIN refunds f ON f.id = m.refund_id
    ${FACT_TABLES}
    LEFT JOIN decisions d ON d.command_id = m.data->>'commandId'
    CROSS JOIN ${LAZILY}`;
  const facts = await factsOfRows(db, rows);
  const claimed: ClaimedMessages = { items: [], unreadable: [] };
  for (const row of rows) {
    const message = messageOf(row);
    const known = facts.get(row.refund_id);
    if (!known) {
      claimed.unreadable.push(message);
      continue;
    }
    const recipients = message.recipient === 'customer' ? [known.customer] : (row.people ?? []);
    claimed.items.push({ message, facts: known, recipients, messageToCustomer: row.words });
  }
  return claimed;
}

const messageOf = (row: ClaimedRow): ClaimedMessage => ({
  id: row.message_id,
  mode: row.mode,
  refundId: row.refund_id,
  transitionSeq: row.message_seq,
  kind: row.kind,
  channel: row.channel,
  recipient: row.recipient,
  locale: row.locale,
  data: row.data,
  owner: row.owner,
  attempts: row.attempts,
});
