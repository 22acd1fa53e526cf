import type { Locale } from '../money';
import type { HoldReason } from './attempt';
import { FAILURE_RULES } from './failure-classes';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a hold waits for: money, a person, the provider's recovery, the end of a stop, or nothing but time. */
export type HoldCure = 'funds' | 'person' | 'provider' | 'time' | 'stop';

/** What one reason to hold a payment means for whoever has to end it. */
export interface HoldRule {
  cure: HoldCure;
  /**
   * How long it may last before it is overdue: then the customer is told, and what the desk was not asked at once it is asked
   * now. Null where time cures nothing: a person and the customer learn of it at once. A stop that two people have put in
   * force, and missing money, have a day.
   */
  overdueAfterHours: number | null;
  /** For whoever works on it: what to do. */
  staff: Readonly<Record<Locale, string>>;
  /** For the customer: what is true and matters to them, without our internals. */
  customer: Readonly<Record<Locale, string>>;
}

const OUR_SIDE = {
  en: 'The reason lies on our side. Nothing is lacking on yours; we will pay as soon as we can.',
  'zh-CN': '原因在我方，与您无关。我们会尽快付款。',
};
const OUR_CHECK = {
  en: 'Before the money can leave, our staff have to clear up a question about this payment.',
  'zh-CN': '付款前，我们的工作人员需要先核实与该笔付款有关的问题。',
};
const THE_ACCOUNT = {
  en: 'The account that the money is to go to has to be confirmed first. Our staff are seeing to it.',
  'zh-CN': '收款账户需要先行确认，我们的工作人员正在办理。',
};

/** Every reason has a cure, a time after which it is overdue, and words for people: no payment is held for ever unseen. */
export const HOLD_RULES: Readonly<Record<HoldReason, HoldRule>> = {
  payout_stopped: {
    cure: 'stop',
    overdueAfterHours: 24,
    staff: {
      en: 'Payouts are still stopped. Two people lift the stop when its reason is over.',
      'zh-CN': '付款仍处于暂停状态。原因消除后，由两人解除暂停。',
    },
    customer: OUR_SIDE,
  },
  disputed: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'Follow the dispute at the provider; pay nothing beside it. If the customer’s bank gives the money back, give this payment up.',
      'zh-CN': '请在支付渠道跟进争议，期间勿另行付款。若发卡行已将款项退还客户，请放弃本笔付款。',
    },
    customer: FAILURE_RULES.disputed.customer,
  },
  frozen: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'A person froze this payment, and the customer must not learn why. Two people end the freeze (/v1/disputes); pay nothing beside it.',
      'zh-CN': '该笔付款已被人工冻结，且不得向客户透露原因。由两人解除冻结（/v1/disputes），期间勿另行付款。',
    },
    customer: OUR_CHECK,
  },
  contradicted: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'The provider contradicts itself: this money may have been paid already. If it was, count it by hand with the provider’s proof; nothing more is sent until then.',
      'zh-CN': '支付渠道说法自相矛盾，款项可能已付出。若属实，请凭渠道凭证登记为人工付款；在此之前不会再次付款。',
    },
    customer: OUR_CHECK,
  },
  refunded_elsewhere: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'Find out what was refunded elsewhere. If that was this refund, give this payment up; if it was stated wrongly, correct the order.',
      'zh-CN': '请核实其他途径的退款。若即为本次退款，请放弃本笔付款；若填报有误，请更正订单。',
    },
    customer: OUR_CHECK,
  },
  not_captured: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'Less was captured than is to be refunded. Compare with the provider and correct the order, or give this payment up.',
      'zh-CN': '实际收款少于应退金额。请与支付渠道核对并更正订单，或放弃本笔付款。',
    },
    customer: OUR_CHECK,
  },
  destination_changed: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'The payee’s account was revoked. Agree another one with the customer and pay by another route.',
      'zh-CN': '收款账户已作废。请与客户确认新的收款账户，改用其他途径付款。',
    },
    customer: THE_ACCOUNT,
  },
  snapshot_changed: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'The refund is not what was decided on. Find out what changed it; give this payment up and have the refund asked for anew.',
      'zh-CN': '退款内容与审批时不一致。请查明变更原因，放弃本笔付款并重新提出申请。',
    },
    customer: OUR_CHECK,
  },
  daily_cap: {
    cure: 'time',
    overdueAfterHours: 48,
    staff: {
      en: 'The cap of the day was full whenever this payment came. Two people raise the cap, or pay by another route.',
      'zh-CN': '多日均因当日上限已满未能付款。请由两人提高上限，或改用其他途径付款。',
    },
    customer: OUR_SIDE,
  },
  above_daily_cap: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'This payment alone is above the cap of a day. Two people raise the cap, pay it by hand with its proof, or give it up and have it asked for in parts.',
      'zh-CN': '本笔付款单笔即超过每日上限。请由两人提高上限、凭凭证人工付款，或放弃本笔付款并拆分后重新申请。',
    },
    customer: OUR_SIDE,
  },
  exposure_limit: {
    cure: 'time',
    overdueAfterHours: 24,
    staff: {
      en: 'Too much has been under way unproven for too long. Have the open payments settled, or two people raise the limit.',
      'zh-CN': '在途未确认金额长时间过高。请先查清未决付款，或由两人提高上限。',
    },
    customer: OUR_SIDE,
  },
  above_exposure_limit: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'This payment alone is above what may be under way. Two people raise the limit, pay it by hand with its proof, or give it up and have it asked for in parts.',
      'zh-CN': '本笔付款单笔即超过在途上限。请由两人提高上限、凭凭证人工付款，或放弃本笔付款并拆分后重新申请。',
    },
    customer: OUR_SIDE,
  },
  insufficient_funds: {
    cure: 'funds',
    overdueAfterHours: 24,
    staff: {
      en: 'The merchant account has too little money. Top it up; what waits then goes on by itself.',
      'zh-CN': '商户账户余额不足。请充值，之后会自动继续付款。',
    },
    customer: FAILURE_RULES.insufficient_merchant_funds.customer,
  },
  below_floor: {
    cure: 'funds',
    overdueAfterHours: 24,
    staff: {
      en: 'The refund account would fall below its floor. Top it up and state its balance, or two people lower the floor.',
      'zh-CN': '退款账户余额将低于最低保留额。请充值并填报余额，或由两人调低保留额。',
    },
    customer: OUR_SIDE,
  },
  balance_unknown: {
    cure: 'funds',
    overdueAfterHours: 24,
    staff: {
      en: 'A floor is in force, and nobody has stated of late what the refund account holds. State its balance, and top it up if it is short.',
      'zh-CN': '已设定最低保留额，但退款账户的余额未填报或填报已过期。请填报余额，不足时请充值。',
    },
    customer: OUR_SIDE,
  },
  too_soon: {
    cure: 'time',
    overdueAfterHours: 1,
    staff: {
      en: 'Other refunds of the same payment keep this one waiting. See what refunds it again and again.',
      'zh-CN': '同一付款的其他退款使本笔持续等待。请查明为何反复退款。',
    },
    customer: OUR_SIDE,
  },
  cooling_off: {
    cure: 'time',
    overdueAfterHours: 72,
    staff: {
      en: 'The payee’s account has been cooling off for unusually long. See what keeps it, or choose another account.',
      'zh-CN': '收款账户的等待期异常偏长。请查明原因，或改用其他账户。',
    },
    customer: THE_ACCOUNT,
  },
  risk_delay: {
    cure: 'time',
    overdueAfterHours: 96,
    staff: {
      en: 'The policy lets a refund of this risk wait before it is paid, and it has waited for unusually long. See what keeps it.',
      'zh-CN': '按政策，该风险等级的退款付款前需等待，但等待时间异常偏长。请查明原因。',
    },
    customer: OUR_CHECK,
  },
  payee_unsettled: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'The payee’s account waits for its second entry, or for somebody to settle its owner’s name. Do that, or choose another account.',
      'zh-CN': '收款账户尚待二次录入或核实户名。请完成，或改用其他账户。',
    },
    customer: THE_ACCOUNT,
  },
  provider_unreachable: {
    cure: 'provider',
    overdueAfterHours: 24,
    staff: {
      en: 'The provider cannot be reached; nothing was sent. It is tried again by itself. See the provider’s status and our network, or pay by another route.',
      'zh-CN': '暂时无法连接支付渠道，未发出任何付款指令，系统会自动重试。请查看渠道状态与网络，或改用其他途径付款。',
    },
    customer: OUR_SIDE,
  },
  provider_not_configured: {
    cure: 'person',
    overdueAfterHours: null,
    staff: {
      en: 'No account is configured that could pay this. Configure one, or pay by another route.',
      'zh-CN': '未配置可用的付款账户。请完成配置，或改用其他途径付款。',
    },
    customer: OUR_SIDE,
  },
};

export const HOLD_REASONS = Object.keys(HOLD_RULES) as readonly HoldReason[];

/** The reasons that money ends: what waits for it is counted as unfunded. */
export const FUNDS_REASONS = HOLD_REASONS.filter((reason) => HOLD_RULES[reason].cure === 'funds');

/** What ends a hold of this kind. */
export const cureOf = (reason: HoldReason): HoldCure => HOLD_RULES[reason].cure;

/**
 * Whether a hold has lasted longer than what cures it should take; never where a person learns of it at once.
 * @param sinceIso since when the hold lasts
 */
export function isOverdue(reason: HoldReason, sinceIso: string, nowIso: string): boolean {
  const { overdueAfterHours } = HOLD_RULES[reason];
  return overdueAfterHours !== null && Date.parse(nowIso) - Date.parse(sinceIso) >= overdueAfterHours * HOUR_MS;
}

/** Whether somebody at the desk is to see a hold of this kind while it lasts; missing money has an item of its own. */
export const isForDesk = (cure: HoldCure): boolean => cure === 'person' || cure === 'provider';

/** Waits grow with the time that has passed, from and to these. What a person must cure is looked at less often. */
const FIRST_WAIT_MS = 5 * MINUTE_MS;
const LONGEST_WAIT_MS: Readonly<Record<HoldCure, number>> = {
  stop: HOUR_MS,
  funds: HOUR_MS,
  time: HOUR_MS,
  provider: 15 * MINUTE_MS,
  person: 6 * HOUR_MS,
};

/**
 * When a held payment is looked at again: after half of the time that it has waited, at least five minutes and at most
 * one hour; six where only a person can help, a quarter of one where a provider is away. So a short hold ends soon and a
 * long one costs little.
 * @param sinceIso since when the hold lasts; null: it begins now
 */
export function holdRetryAt(reason: HoldReason, nowIso: string, sinceIso: string | null): string {
  const nowMs = Date.parse(nowIso);
  const waitedMs = sinceIso === null ? 0 : Math.max(0, nowMs - Date.parse(sinceIso));
  const waitMs = Math.min(Math.max(waitedMs / 2, FIRST_WAIT_MS), LONGEST_WAIT_MS[cureOf(reason)]);
  return new Date(nowMs + Math.round(waitMs)).toISOString();
}

/** Why a payment is held, as somebody outside is told. */
export type TellableHoldReason = HoldReason | 'in_question';

/**
 * What the shop's system is told of a hold. Whoever is looked into must not learn of it, by the shop either: all reasons that
 * mean no more to a customer than that our staff have a question are one word outside, so that the discreet one is among many.
 */
export const tellableReason = (reason: HoldReason): TellableHoldReason =>
  HOLD_RULES[reason].customer === OUR_CHECK ? 'in_question' : reason;
