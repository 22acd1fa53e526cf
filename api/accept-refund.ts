import {
  acceptRefund as accept,
  type Acceptance,
  type AcceptanceOptions,
  type CommandRecord,
  type Database,
} from '../store';
import { judgeRequest, judgingProblem, newRefundOf, type JudgeDeps } from './judge-request';
import type { CreateRefundBody } from './schemas/refunds';
import type { Principal } from './types';

export interface AcceptDeps extends JudgeDeps {
  db: Database;
  clock: () => Date;
}

/**
 * Accepts a request: judged, reserved, planned and written in one transaction. Safe to run twice with one command.
 * @param options see acceptRefund of the store
 * @throws Problem when it is refused; then nothing is kept.
 */
export async function acceptRefund(
  deps: AcceptDeps,
  principal: Principal,
  body: CreateRefundBody,
  command: CommandRecord,
  options: AcceptanceOptions = {},
): Promise<Acceptance> {
  const now = deps.clock().toISOString();
  const request = { ...newRefundOf(principal, body), commandId: command.id };
  try {
    return await accept(
      deps.db,
      request,
      now,
      (input) => judgeRequest(deps, principal.mode, body, input, now),
      options,
    );
  } catch (error) {
    throw judgingProblem(error);
  }
}
