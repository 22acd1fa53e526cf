import { set, type Rules } from './prove-rules';

const NOON = `'2026-03-02T12:00:00Z'::timestamptz`;
const inserted = (table: string, values: Record<string, string>): string =>
  `INSERT INTO ${table} (${Object.keys(values).join(', ')}) SELECT ${Object.values(values).join(', ')}`;

/** One line that has ended, from noon to one, of the open stage. */
export const CLOCK_SEED = `
  INSERT INTO clock_pauses (refund_id, mode, round, stage_id, reason, started_at, ended_at, due_before, due_after)
    SELECT refund_id, mode, round, stage_id, 'information', ${NOON}, ${NOON} + interval '1 hour', ${NOON}, ${NOON}
    FROM stages WHERE status = 'open';
  INSERT INTO calendar_replans (id, mode, calendar_id, calendar_hash, requested_by, command_id, created_at)
    VALUES ('cr_1', 'test', 'cn-shanghai', 'h', 'pn_1', 'cm_1', ${NOON});
  INSERT INTO calendar_replan_items (replan_id, refund_id, mode, created_at)
    SELECT 'cr_1', id, 'test', ${NOON} FROM refunds`;

const pause = (columns: Record<string, string> = {}): string =>
  `${inserted('clock_pauses', {
    refund_id: 'refund_id',
    mode: 'mode',
    round: 'round',
    stage_id: 'stage_id',
    reason: `'information'`,
    started_at: `${NOON} + interval '1 hour'`,
    ended_at: 'NULL',
    due_before: NOON,
    due_after: 'NULL',
    ...columns,
  })} FROM stages WHERE status = 'open'`;
const ends = (instant: string, dueAfter = NOON): string =>
  set('clock_pauses', `ended_at = ${instant}, due_after = ${dueAfter} WHERE ended_at IS NULL`);
const item = (change: string): string => set('calendar_replan_items', change);
const kept = `status = 'kept', why = 'nothing_to_replan', settled_at = ${NOON}`;

export const CLOCK_RULES: Rules = {
  clock_pauses_reason: {
    refused: [pause({ reason: `''` }), pause({ reason: `'Waiting for the customer'` })],
    legal: [pause({ reason: `'goods'` })],
  },
  clock_pauses_order: {
    refused: [[pause(), ends(`${NOON} + interval '59 minutes'`)]],
    legal: [[pause(), ends(`${NOON} + interval '1 hour'`)]],
  },
  clock_pauses_due: {
    refused: [pause({ due_after: NOON })],
    legal: [
      [pause(), ends(`${NOON} + interval '2 hours'`, 'NULL')],
      [pause(), ends(`${NOON} + interval '2 hours'`)],
    ],
  },
  clock_pauses_one_at_a_time: {
    refused: [
      pause({ started_at: `${NOON} + interval '59 minutes'` }),
      pause({ started_at: `${NOON} - interval '1 hour'` }),
      [pause(), pause({ started_at: `${NOON} + interval '3 hours'` })],
    ],
    legal: [
      pause({ started_at: `${NOON} - interval '1 hour'`, ended_at: NOON }),
      [pause(), ends(`${NOON} + interval '2 hours'`), pause({ started_at: `${NOON} + interval '2 hours'` })],
    ],
  },
  clock_pauses_stay: {
    refused: [
      'DELETE FROM clock_pauses',
      set('clock_pauses', `reason = 'goods'`),
      set('clock_pauses', `started_at = started_at + interval '1 second'`),
      set('clock_pauses', `ended_at = NULL, due_after = NULL`),
      set('clock_pauses', `ended_at = ended_at + interval '1 hour'`),
      set('clock_pauses', `due_after = due_after + interval '1 hour'`),
    ],
    legal: [[pause(), ends(`${NOON} + interval '2 hours'`)]],
  },
  calendar_replan_items_status: {
    refused: [item(`status = 'done', settled_at = ${NOON}`)],
    legal: [item(`status = 'moved', settled_at = ${NOON}`), item(kept)],
  },
  calendar_replan_items_settled: {
    refused: [item(`status = 'moved'`), item(`settled_at = ${NOON}`)],
    legal: [item(`status = 'moved', settled_at = ${NOON}`)],
  },
  calendar_replan_items_why: {
    refused: [item(`status = 'kept', settled_at = ${NOON}`), item(`why = 'nothing_to_replan'`)],
    legal: [item(kept)],
  },
  calendar_replan_items_stay: {
    refused: ['DELETE FROM calendar_replan_items', [item(kept), item(`status = 'due', why = NULL, settled_at = NULL`)]],
    legal: [item(kept), item('settled_at = settled_at')],
  },
  calendar_replans_stay: {
    refused: ['DELETE FROM calendar_replans', set('calendar_replans', `requested_by = 'pn_2'`)],
    legal: [
      `INSERT INTO calendar_replans (id, mode, calendar_id, calendar_hash, requested_by, command_id, created_at)
       SELECT 'cr_2', mode, calendar_id, calendar_hash, requested_by, 'cm_2', created_at FROM calendar_replans`,
    ],
  },
};

export const CLOCK_WORDS: Record<string, RegExp> = {
  clock_pauses_stay: /^pause of \S+ (is kept|stays what was said)$/,
  calendar_replan_items_stay:
    /^(planning again is kept as it was asked for|what planning again came to for \S+ stays)$/,
  calendar_replans_stay: /^planning again is kept as it was asked for$/,
};
