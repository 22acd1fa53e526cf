import type { ExcludedPerson, ExclusionRule, Plan, ProcessState } from '../../../domain/refund';
import { APPROVED, sumOf, violated, type Violation } from './input';
import type { Db } from '../../../store';

/** Rules that a decision brings about; they hold for the rest of its round. */
const BY_DECIDING: ExclusionRule[] = ['earlier_stage', 'delegator'];

/**
 * 4. Different people approved every stage of what is paid; nobody decided who asked or was excluded; each decision is what
 * a person stated in time, in a role of that stage or in the place of somebody by a delegation that names both, about what they
 * saw. What the machine approved names its rule.
 */
export async function separatePeople(db: Db): Promise<Violation[]> {
  const refunds = await db.refund.findMany({
    include: { decisions: { include: { command: true, delegation: true } }, stages: true },
  });
  return refunds.flatMap((refund) => {
    const state = refund.process as unknown as ProcessState;
    const plan = refund.plan as unknown as Plan;
    const ofRound = refund.decisions.filter((one) => one.round === state.round && one.decision === 'approve');
    const persons = new Set(ofRound.map((one) => one.personId));
    const places = ofRound.flatMap(({ onBehalfOf }) => onBehalfOf ?? []);
    const seats = sumOf(plan.stages, (stage) => stage.quorum);
    // Who decided before an appeal, or entered it, is excluded from it on.
    const since = ({ rule, at }: ExcludedPerson): string =>
      (rule === 'earlier_decision' ? state.appeal?.madeAt : at) ?? '';
    const barred = ({ personId, decidedAt }: { personId: string; decidedAt: Date }): boolean =>
      state.excluded.some(
        (one) => one.personId === personId && !BY_DECIDING.includes(one.rule) && since(one) < decidedAt.toISOString(),
      );
    const found = [
      ...(persons.size === ofRound.length || plan.dutiesOff ? [] : ['one person approved twice']),
      ...(new Set([...persons, ...places]).size === persons.size + places.length
        ? []
        : ['one person approved in their own place and by another one']),
      ...(APPROVED.includes(refund.status) && (plan.dutiesOff ? ofRound.length : persons.size) !== seats
        ? [`${persons.size} approved ${seats} seats`]
        : []),
      // Nobody to ask is right only where a policy says so by name.
      ...((plan.approvedBy === undefined) === plan.stages.length > 0 ? [] : ['no person and no rule approved it']),
      ...refund.decisions.flatMap((one) => {
        const { command } = one;
        const stage = refund.stages.find((row) => row.round === one.round && row.stageId === one.stageId);
        return [
          ...(one.personId === refund.enteredByPersonId && !plan.dutiesOff ? ['decided by who entered it'] : []),
          ...(barred(one) ? [`decision ${one.id} is by an excluded person`] : []),
          ...(command.outcome === 'done' &&
          command.personId === one.personId &&
          command.snapshotVersion === one.snapshotVersion &&
          one.snapshotVersion <= refund.snapshotVersion
            ? []
            : [`decision ${one.id} is not what its command states`]),
          ...(command.roles.some((role) => stage?.roles.includes(role)) ||
          (one.delegation?.delegateId === one.personId && one.delegation.delegatorId === one.onBehalfOf)
            ? []
            : [`decision ${one.id} is by nobody whose stage it was`]),
        ];
      }),
    ];
    return found.map((what) => violated('separate_people', `refund ${refund.id}: ${what}`));
  });
}
