import type { Plan, ProcessState } from '../../../domain/refund';
import { APPROVED, sumOf, violated, type Violation } from './input';
import type { Db } from '../../../store';

/**
 * 4. Different people approved every stage of what is paid; nobody decided who asked or was excluded; each decision is what
 * a person stated in time, in a role of that stage, about what they saw. What the machine approved names its rule.
 */
export async function separatePeople(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({ include: { decisions: { include: { command: true } }, stages: true } });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const plan = refund.plan as unknown as Plan;
    const ofRound = refund.decisions.filter((one) => one.round === state.round && one.decision === 'approve');
    const persons = new Set(ofRound.map((one) => one.personId));
    const seats = sumOf(plan.stages, (stage) => stage.quorum);
    const barred = new Set(state.excluded.filter((one) => one.rule !== 'earlier_stage').map((one) => one.personId));
    const found = [
      ...(persons.size === ofRound.length ? [] : ['one person approved twice']),
      ...(APPROVED.includes(refund.status) && persons.size !== seats
        ? [`${persons.size} approved ${seats} seats`]
        : []),
      // Nobody to ask is right only where a policy says so by name.
      ...((plan.approvedBy === undefined) === plan.stages.length > 0 ? [] : ['no person and no rule approved it']),
      ...refund.decisions.flatMap((one) => {
        const { command } = one;
        const stage = refund.stages.find((row) => row.round === one.round && row.stageId === one.stageId);
        return [
          ...(one.personId === refund.enteredByPersonId ? ['decided by who entered it'] : []),
          ...(barred.has(one.personId) ? [`decision ${one.id} is by an excluded person`] : []),
          ...(command.outcome === 'done' &&
          command.personId === one.personId &&
          command.snapshotVersion === one.snapshotVersion &&
          one.snapshotVersion <= refund.snapshotVersion
            ? []
            : [`decision ${one.id} is not what its command states`]),
          ...(command.roles.some((role) => stage?.roles.includes(role))
            ? []
            : [`decision ${one.id} is by nobody whose stage it was`]),
        ];
      }),
    ];
    return found.map((what) => violated('separate_people', `refund ${refund.id}: ${what}`));
  });
}
