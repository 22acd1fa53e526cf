import { loadOrderFacts, lockOrder } from './acceptance-facts';
import {
  inputOf,
  OrderNotFoundError,
  type AcceptanceDecision,
  type AcceptanceInput,
  type NewRefund,
  type RefundQuestion,
} from './acceptance-input';
import { writeAcceptance, type Acceptance, type AcceptanceOptions } from './acceptance-writes';
import { direct, inTransaction, type Database } from './client';
import { isWriteConflict } from './database-errors';

/** How often an acceptance that lost against another writer is run again. */
const MAX_ATTEMPTS = 3;

type Decide = (input: AcceptanceInput) => AcceptanceDecision;

/**
 * Accepts a refund in one transaction: the order's payments are locked, `decide` judges, and everything that the refund
 * begins with is written, or nothing is. A command that has accepted already answers its refund again.
 *
 * @param decide pure; throws to refuse, and then nothing is kept. May be asked more than once.
 * @throws OrderNotFoundError, PolicyMissingError, whatever `decide` throws.
 */
export async function acceptRefund(
  db: Database,
  request: NewRefund,
  nowIso: string,
  decide: Decide,
  options: AcceptanceOptions = {},
): Promise<Acceptance> {
  if (options.looksFirst) await look(db, request, nowIso, decide);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await acceptOnce(db, request, nowIso, decide, options);
    } catch (error) {
      // What gives money back takes the rows of payments and budgets in an order of its own: one of two may have to go again.
      if (attempt >= MAX_ATTEMPTS || !isWriteConflict(error)) throw error;
    }
  }
}

/**
 * Judges a request as acceptRefund would at this instant, and keeps nothing: no lock outlasts the answer, and what was true
 * for it may have changed before the request itself is made.
 * @param judge pure; throws to refuse
 * @throws OrderNotFoundError, PolicyMissingError, whatever `judge` throws.
 */
export async function previewRefund<T>(
  db: Database,
  question: RefundQuestion,
  nowIso: string,
  judge: (input: AcceptanceInput) => T,
): Promise<T> {
  // Destinations are read under a lock, which needs a transaction to end with.
  return await inTransaction(db, async (tx) => {
    const loaded = await loadOrderFacts(tx, { ...question, commandId: null }, nowIso);
    if (!loaded) throw new OrderNotFoundError(`No order ${question.orderExternalId}.`);
    return judge(await inputOf(tx, question, loaded, nowIso, false));
  });
}

/** Judges without a lock. @throws whatever `decide` throws, OrderNotFoundError, PolicyMissingError */
async function look(db: Database, request: NewRefund, nowIso: string, decide: Decide): Promise<void> {
  // Their budgets and destinations can be read under locks alone.
  if (request.givesGoodwill || request.destinationId) return;
  const statements = direct(db);
  const loaded = await loadOrderFacts(statements, request, nowIso);
  if (!loaded) throw new OrderNotFoundError(`No order ${request.orderExternalId}.`);
  if (loaded.acceptedAs === null) decide(await inputOf(statements, request, loaded, nowIso));
}

async function acceptOnce(
  db: Database,
  request: NewRefund,
  nowIso: string,
  decide: Decide,
  options: AcceptanceOptions,
): Promise<Acceptance> {
  return await inTransaction(db, async (tx) => {
    // Sent together: what is read is read behind the locks. The command is locked as well, so that the same one at work
    // twice accepts once, and the second answers what the first accepted.
    const [, loaded] = await Promise.all([lockOrder(tx, request), loadOrderFacts(tx, request, nowIso)]);
    if (!loaded) throw new OrderNotFoundError(`No order ${request.orderExternalId}.`);
    if (loaded.acceptedAs !== null) return { refundId: loaded.acceptedAs, start: null, answer: null };
    const input = await inputOf(tx, request, loaded, nowIso);
    return await writeAcceptance(tx, request, loaded, input, decide(input), nowIso, options);
  });
}
