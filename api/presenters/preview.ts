import { describeDue } from '../../domain/calendar';
import { atStakeMinor } from '../../domain/approval';
import { calendarOfStage, previewStages, type PreviewedStage } from '../../domain/process';
import { versionName } from '../../domain/policy';
import { breakdownAt, type LocalizedText } from '../../domain/refund';
import { sumMinor } from '../../domain/money';
import type { AcceptanceDecision, AcceptanceInput } from '../../store';
import { roleName } from '../role-names';
import type { Language } from '../types';
import type { Reader } from './explanation';
import { presentDeadline } from './deadline';
import { presentRisk } from './risk';

interface Preview {
  input: AcceptanceInput;
  decision: AcceptanceDecision;
  nowIso: string;
}

/**
 * What would become of a request that could be accepted now: by whose decision, by which clause, how much by which way, who
 * would be asked and by when. How many people there are, whether they suffice, and which rules could not be answered, is for
 * staff.
 * @throws UncertifiedYearError
 */
export function presentPreview({ input, decision, nowIso }: Preview, reader: Reader, language: Language): object {
  const { policy, purchasePolicy, order } = input;
  const { accepted, amounts } = decision;
  const { evaluation, plan, state } = accepted;
  const atStake = { amountMinor: atStakeMinor(state), currency: order.currency };
  const stages = accepted.declineClause === null ? previewStages(plan, input, atStake, input, nowIso) : [];
  const declinedBy = evaluation.eligible === true ? null : evaluation.eligible;
  const { automatic } = evaluation;
  const clause = declinedBy ? { ...declinedBy, policy: purchasePolicy } : automatic && { ...automatic, policy };
  const route = policy.routes.find(({ id }) => id === evaluation.routeId);
  const { goodwill } = amounts;
  return {
    eligible: declinedBy === null,
    decidedBy: clause ? 'machine' : 'people',
    clause: clause && { id: clause.clauseId, text: clause.texts[language], policyVersion: versionName(clause.policy) },
    amountMinor: state.amountMinor,
    currency: order.currency,
    refundableMinor: sumMinor(order.payments.map(({ availableMinor }) => availableMinor)),
    allocationStrategy: state.allocation ?? 'original_first',
    payments: declinedBy ? [] : paymentsOf(decision, input),
    breakdown: breakdownAt(amounts, state.amountMinor),
    goodwill:
      goodwill && !declinedBy
        ? { code: goodwill.code, label: goodwill.label, amountMinor: goodwill.amountMinor }
        : null,
    policyVersion: versionName(policy),
    purchasePolicyVersion: versionName(purchasePolicy),
    tier: evaluation.tier,
    route: route ? { id: route.id, label: route.label[language] } : null,
    ...(reader === 'reviewer'
      ? {
          unansweredRules: evaluation.unanswered,
          risk: evaluation.risk && presentRisk(evaluation.risk, order.currency, language),
          listed: order.listed ?? [],
          coolingOffHours: plan.coolingOffHours ?? 0,
        }
      : {}),
    firstResponseDueAt: clause ? null : accepted.firstResponseDueAt,
    stages: stages.map((stage, index) => ({
      stage: stage.id,
      label: stage.label[language],
      role: stage.role,
      quorum: stage.quorum,
      dueAt: stage.dueAt,
      deadline: presentDeadline(stage.deadline, language),
      explanation: explain(
        stage,
        describeDue(calendarOfStage({ ...input, plan }, index), nowIso, stage.dueAt, language),
        reader,
      )[language],
      ...(reader === 'reviewer' ? { staffed: stage.staffed, peopleCount: stage.peopleCount } : {}),
    })),
  };
}

const paymentsOf = ({ accepted }: AcceptanceDecision, { order }: AcceptanceInput): object[] =>
  accepted.state.legs
    .filter((leg) => leg.fund === undefined)
    .map((leg) => ({
      paymentExternalId: order.payments.find(({ id }) => id === leg.paymentId)?.externalId ?? leg.paymentId,
      amountMinor: leg.amountMinor,
    }));

function explain({ label, role, quorum, staffed }: PreviewedStage, due: string, reader: Reader): LocalizedText {
  const isLacking = reader === 'reviewer' && !staffed;
  const who = roleName(role);
  const each = {
    en: quorum === 1 ? `by ${who.en}` : `by ${quorum} people, each ${who.en}`,
    'zh-CN': quorum === 1 ? `由${who['zh-CN']}处理` : `由${quorum}名${who['zh-CN']}共同处理`,
  };
  const lacking = {
    en: isLacking ? '; nobody is left to decide it, so the exception desk would be asked' : '',
    'zh-CN': isLacking ? '；目前无人可处理，将转异常台' : '',
  };
  return {
    en: `${label.en} ${each.en}, ${due}${lacking.en}`,
    'zh-CN': `${label['zh-CN']}，${each['zh-CN']}，${due}${lacking['zh-CN']}`,
  };
}
