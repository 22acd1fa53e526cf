import { assertNever, type Transition } from '../refund';
import { tellRoles, type Step } from './step';

/** One rung of the ladder falls. It falls once: it leaves the ladder here, in the transaction that acts on it. */
export function applyRung(step: Step, transition: Extract<Transition, { kind: 'rung' }>): void {
  const { state, effects } = step;
  const { rung } = transition;
  const stage = state.stage;
  if (!stage || stage.id !== transition.stageId || state.round !== transition.round)
    throw new Error(`A rung of ${transition.stageId} fell while another stage was open.`);
  stage.rungs = stage.rungs.filter((other) => !(other.act === rung.act && other.n === rung.n));
  const data = { stage: stage.id, dueAt: stage.dueAt, n: rung.n };
  switch (rung.act) {
    case 'remind':
      effects.audit.push({ type: 'refund.stage_reminded', data });
      tellRoles(step, 'stage_reminder', stage.roles, data);
      break;
    case 'escalate': {
      const role = rung.role;
      if (!role) throw new Error('An escalation names no role.');
      if (!stage.roles.includes(role)) stage.roles.push(role);
      effects.audit.push({ type: 'refund.stage_escalated', data: { ...data, role } });
      effects.stages.push({ stageId: stage.id, round: state.round, status: 'open', roles: stage.roles });
      tellRoles(step, 'stage_escalated', [role], data);
      break;
    }
    case 'desk':
      stage.onDesk = true;
      effects.audit.push({ type: 'refund.sent_to_desk', data });
      effects.deskOpen.push({
        kind: 'stage_overdue',
        key: `stage:${state.round}:${stage.id}:${stage.dueAt}`,
        dueAt: null,
        data,
      });
      tellRoles(step, 'desk_item_opened', ['finance'], { ...data, deskKind: 'stage_overdue' });
      break;
    case 'first_response':
      effects.audit.push({ type: 'refund.first_response_overdue', data });
      effects.deskOpen.push({ kind: 'first_response_overdue', key: 'first_response', dueAt: null, data });
      tellRoles(step, 'first_response_due', [...new Set([...stage.roles, 'finance'])], data);
      break;
    default:
      assertNever(rung.act);
  }
}
