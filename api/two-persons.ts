import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { CommandRecord, PersonAct, WordOutcome } from '../store';
import { principalOf } from './middleware/require-role';
import { Problem, type ProblemCode } from './problems';

/** The act of the person behind a request. @throws Problem person_needed when no person stands behind the key */
export function personActOf(req: Request, command: CommandRecord, now: Date): PersonAct {
  const { mode, personId } = principalOf(req);
  if (personId === null) throw new Problem('person_needed');
  return { mode, personId, commandId: command.id, nowIso: now.toISOString() };
}

/** What a command proposes has an id that follows from the command's, so that a repeat after a crash proposes nothing new. */
export const proposalId = (prefix: string, commandId: string): string =>
  `${prefix}_${createHash('sha256').update(commandId).digest('hex').slice(0, 32)}`;

/**
 * The row that a person's word has led to.
 * @throws Problem second_person_needed, proposal_expired, nothing_to_confirm, or `missing` where there is no such row
 */
export function rowAfter<Row>(outcome: WordOutcome<Row>, missing: ProblemCode): Row {
  switch (outcome.kind) {
    case 'done':
      return outcome.row;
    case 'missing':
      throw new Problem(missing);
    case 'not_open':
      throw new Problem('nothing_to_confirm', { params: { state: outcome.state }, extra: { state: outcome.state } });
    case 'refused':
      throw new Problem(outcome.reason === 'same_person' ? 'second_person_needed' : 'proposal_expired');
  }
}
