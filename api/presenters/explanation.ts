import { describeDue, describeInstant, type BusinessCalendar } from '../../domain/calendar';
import { tellableReason, type TellableHoldReason } from '../../domain/payment';
import type { LocalizedText, RefundRecord, WaitingFor } from '../../domain/refund';
import { hasOpenOffer, waitingForOf } from '../../domain/refund';
import { roleName } from '../role-names';
import type { Language } from '../types';

/** Who reads: staff and integrators get the process, the customer gets plain words. */
export type Reader = 'integrator' | 'customer' | 'reviewer';

/**
 * One sentence on what a refund waits for, until when; null when it waits for nothing.
 * @throws InvalidCalendarError, RangeError
 */
export function explainWaiting(
  record: RefundRecord,
  calendar: BusinessCalendar,
  nowIso: string,
  reader: Reader,
  language: Language,
): string | null {
  const waiting = waitingForOf(record.process);
  if (!waiting) return null;
  const due = waiting.dueAt === null ? null : describeDue(calendar, nowIso, waiting.dueAt, language);
  const when = waiting.dueAt === null ? null : describeInstant(calendar, nowIso, waiting.dueAt, language);
  if (reader === 'customer') return forCustomer(record, waiting, when)[language];
  const seen = told(waiting, reader);
  const isQuestion = seen.reason === 'in_question';
  return forStaff(record, seen, isQuestion ? null : due, isQuestion ? null : when)[language];
}

/** The shop reads what staff read, but for the reasons of holds that it must not learn. */
type ToldWaiting = Omit<WaitingFor, 'reason'> & { reason: TellableHoldReason | null };

const told = (waiting: WaitingFor, reader: Reader): ToldWaiting => ({
  ...waiting,
  reason: reader === 'integrator' && waiting.reason !== null ? tellableReason(waiting.reason) : waiting.reason,
});

function forStaff(record: RefundRecord, waiting: ToldWaiting, due: string | null, when: string | null): LocalizedText {
  const until = { en: due ? `, ${due}` : '', 'zh-CN': due ? `，${due}` : '' };
  switch (waiting.kind) {
    case 'start':
      return { en: 'Accepted; the process is about to start', 'zh-CN': '已受理，流程即将开始' };
    case 'stage': {
      const label = labelOf(record, waiting.stage);
      const who = rolesOf(waiting.who);
      return {
        en: `${label.en} by ${who.map((name) => name.en).join(' or ')}${until.en}`,
        'zh-CN': `${label['zh-CN']}，由${who.map((name) => name['zh-CN']).join('或')}处理${until['zh-CN']}`,
      };
    }
    case 'customer': {
      if (hasOpenOffer(record.process))
        return {
          en: `Less was approved than asked for: the customer takes it or not${until.en}; unanswered, it is paid`,
          'zh-CN': `批准金额低于申请金额，等待客户确认${until['zh-CN']}；逾期未答复则按批准金额付款`,
        };
      const label = labelOf(record, waiting.stage);
      return waiting.who === 'requester'
        ? {
            en: `Sent back by ${label.en}: the requester corrects the request${until.en}`,
            'zh-CN': `${label['zh-CN']}已退回，等待申请人修改${until['zh-CN']}`,
          }
        : {
            en: `${label.en} asked the customer for information${until.en}`,
            'zh-CN': `${label['zh-CN']}已要求客户补充信息${until['zh-CN']}`,
          };
    }
    case 'goods':
      return { en: `The goods are on their way back${until.en}`, 'zh-CN': `等待退货${until['zh-CN']}` };
    case 'cooling_off':
      return { en: `A new payee waits for its time${until.en}`, 'zh-CN': `收款信息变更等待期${until['zh-CN']}` };
    case 'funds':
      return heldForStaff(waiting.reason ?? 'insufficient_funds', when);
    case 'payment':
      if (waiting.reason !== null) return heldForStaff(waiting.reason, when);
      return record.process.status === 'payment_unknown'
        ? {
            en: `The provider has not said whether the money moved${when ? `; it is asked again ${when}` : ''}`,
            'zh-CN': `支付渠道尚未确认款项是否已付出${when ? `，将于${when}再次查询` : ''}`,
          }
        : { en: 'The payment provider is sending the money', 'zh-CN': '支付渠道正在处理退款' };
    case 'desk':
      if (waiting.reason !== null) return heldForStaff(waiting.reason, when);
      return { en: `A person at the exception desk has to act${until.en}`, 'zh-CN': `等待异常台处理${until['zh-CN']}` };
    case 'arrival':
      return {
        en: `The provider has sent the money${when ? `; it should arrive by ${when}` : ''}`,
        'zh-CN': `支付渠道已付出款项${when ? `，预计最晚${when}到账` : ''}`,
      };
  }
}

const HOLD_WORDS: Record<TellableHoldReason, LocalizedText> = {
  in_question: { en: 'There is a question about the payment', 'zh-CN': '该付款存在待核实的问题' },
  payout_stopped: { en: 'Payouts are stopped', 'zh-CN': '付款已被暂停' },
  disputed: { en: 'The payment is disputed', 'zh-CN': '该付款存在争议（拒付）' },
  frozen: { en: 'The payment is frozen', 'zh-CN': '该付款已被冻结' },
  contradicted: {
    en: 'The provider contradicts itself about this money',
    'zh-CN': '支付渠道对该笔款项的说法自相矛盾',
  },
  refunded_elsewhere: { en: 'Too little of the payment is left to refund', 'zh-CN': '该付款的剩余可退金额不足' },
  not_captured: { en: 'Less was captured than is to be refunded', 'zh-CN': '实际收款少于应退金额' },
  destination_changed: { en: 'The payee details have changed', 'zh-CN': '收款信息已变更' },
  snapshot_changed: { en: 'The refund is not what was approved any more', 'zh-CN': '退款内容与审批时不一致' },
  daily_cap: { en: 'The limit for today is reached', 'zh-CN': '已达当日付款上限' },
  above_daily_cap: { en: 'The payment alone is above the limit of a day', 'zh-CN': '单笔金额超过每日付款上限' },
  above_exposure_limit: {
    en: 'The payment alone is above what may be under way',
    'zh-CN': '单笔金额超过在途金额上限',
  },
  exposure_limit: { en: 'Too much money is under way unproven', 'zh-CN': '在途未确认金额已达上限' },
  insufficient_funds: { en: 'The merchant account has too little money', 'zh-CN': '商户账户余额不足' },
  below_floor: { en: 'The refund account would fall below its floor', 'zh-CN': '退款账户余额将低于最低保留额' },
  balance_unknown: {
    en: 'Nobody has stated of late what the refund account holds',
    'zh-CN': '退款账户余额未填报或填报已过期',
  },
  too_soon: { en: 'The provider wants time between two refunds of a payment', 'zh-CN': '渠道要求同一付款的退款间隔' },
  payee_unsettled: { en: 'The payee’s account is not settled', 'zh-CN': '收款账户尚未核实' },
  provider_unreachable: { en: 'The payment provider cannot be reached', 'zh-CN': '暂时无法连接支付渠道' },
  provider_not_configured: { en: 'No account is configured that could pay it', 'zh-CN': '未配置可用的付款账户' },
  risk_delay: { en: 'The policy lets a refund of this risk wait', 'zh-CN': '按政策，该风险等级的退款需等待' },
  cooling_off: { en: 'New payee details wait for their time', 'zh-CN': '收款信息变更等待期' },
};

/** Why nothing is sent, and when it is tried again. */
function heldForStaff(reason: TellableHoldReason, when: string | null): LocalizedText {
  const words = HOLD_WORDS[reason];
  return {
    en: `${words.en}; nothing has been sent${when ? `, and it is tried again ${when}` : ''}`,
    'zh-CN': `${words['zh-CN']}，尚未付款${when ? `，将于${when}再次尝试` : ''}`,
  };
}

function forCustomer(record: RefundRecord, waiting: WaitingFor, when: string | null): LocalizedText {
  switch (waiting.kind) {
    case 'start':
    case 'stage':
      return { en: 'We are checking your request.', 'zh-CN': '我们正在审核您的申请。' };
    case 'customer':
      return {
        en: `We need an answer from you${when ? `, please by ${when}` : ''}.`,
        'zh-CN': `需要您补充信息${when ? `，请于${when}前回复` : ''}。`,
      };
    case 'goods':
      return { en: 'We are waiting for the goods to come back.', 'zh-CN': '我们正在等待退回的商品。' };
    case 'cooling_off':
    case 'funds':
    case 'payment':
    case 'desk':
      return record.process.status === 'in_review'
        ? { en: 'We are checking your request.', 'zh-CN': '我们正在审核您的申请。' }
        : { en: 'We are sending your money back.', 'zh-CN': '我们正在为您退款。' };
    case 'arrival':
      return {
        en: `Your money has been sent${when ? ` and should arrive by ${when}` : ''}.`,
        'zh-CN': `退款已付出${when ? `，预计最晚${when}到账` : ''}。`,
      };
  }
}

const labelOf = (record: RefundRecord, stageId: string | null): LocalizedText =>
  record.plan.stages.find((stage) => stage.id === stageId)?.label ?? { en: 'The review', 'zh-CN': '审核' };

function rolesOf(who: string | null): LocalizedText[] {
  return (who ?? '')
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => roleName(part.replace(/^role:/, '')));
}
