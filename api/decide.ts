import { judgeAuthority, judgeDecision } from '../domain/approval';
import type { Actor, DecisionContent } from '../domain/refund';
import type { CommandRecord, Standing, StoredRefund } from '../store';
import { Problem } from './problems';
import { actorOf, refundCommands } from './refund-commands';
import type { DecisionBody } from './schemas/decisions';
import type { AppDeps, Principal } from './types';

/** A decision that somebody states, with its command. */
export interface StatedDecision {
  refundId: string;
  principal: Principal;
  command: CommandRecord;
  body: DecisionBody;
}

/** The one way of decisions into the process, whether they come alone or in bulk. */
export interface Decider {
  /** The refund at or after the transition that recorded it. @throws Problem with the refusal, or engine_unavailable */
  decide(stated: StatedDecision): Promise<StoredRefund>;
  /** Does not wait for the outcome. @throws Problem as `decide` */
  handOver(stated: StatedDecision): Promise<void>;
}

/** Decisions by these dependencies. */
export function decider(deps: AppDeps): Decider {
  const commands = refundCommands(deps);

  /** What is asked of the process, and what is sent to it: known once Postgres was looked at. */
  function askOf({ refundId, principal, command, body }: StatedDecision) {
    const content = contentOf(body);
    let actor: Actor = actorOf(command);
    return {
      ask: {
        refundId,
        principal,
        command,
        refusedAs: 'refund.decision_refused',
        judge: (standing: Standing, at: string) => {
          actor = inPlaceOf(actorOf(command), standing, at);
          return judgeDecision(standing.process, actor, content, { ...standing, at });
        },
      },
      message: () => ({ commandId: command.id, actor, content }),
    };
  }

  return {
    async decide(stated) {
      const { ask, message } = askOf(stated);
      const { decision } = stated.body;
      try {
        const refund = await commands.run({
          ...ask,
          send: (_, updateId) => deps.refundClient.decide(ask.refundId, message(), updateId),
        });
        deps.metrics.decisions.inc({ decision, outcome: 'recorded' });
        return refund;
      } catch (error) {
        if (error instanceof Problem) deps.metrics.decisions.inc({ decision, outcome: error.code });
        throw error;
      }
    },
    async handOver(stated) {
      const { ask, message } = askOf(stated);
      await commands.handOver(ask, () => deps.refundClient.decideBySignal(ask.refundId, message()));
    },
  };
}

/** What goes to the process: reasons and words to the customer stay in the command row. */
const contentOf = (body: DecisionBody): DecisionContent => ({
  stage: body.stage,
  decision: body.decision,
  snapshotVersion: body.snapshotVersion,
  approvedAmountMinor: body.approvedAmountMinor ?? null,
});

/** The actor with whose place they take, as Postgres has it at this instant: the workflow's validator cannot look. */
function inPlaceOf(actor: Actor, { process, facts }: Standing, at: string): Actor {
  const authority = process.stage && judgeAuthority(process, process.stage.roles, actor, { facts, at });
  return authority?.may && authority.onBehalfOf ? { ...actor, onBehalfOf: authority.onBehalfOf.personId } : actor;
}
