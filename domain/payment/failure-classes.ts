import type { Locale } from '../money';
import type { FailureClass } from './attempt';

/** What the owner of a failure does about it. Codes: the console and integrators put their own words to them. */
export type FailureAction =
  /** Another destination is agreed with the customer, checked, and approved by two people. */
  | 'agree_other_destination'
  /** The account that refunds are paid from is topped up; the same instruction is then given again. */
  | 'top_up_account'
  /** Nothing but waiting: the provider is asked again on its back-off. */
  | 'wait_and_ask_again'
  /** Keys, signatures, parameters or the provider's interface: whoever runs Redress repairs it first. */
  | 'repair_interface'
  /** The provider will not take this refund any more: another route, approved by two people. */
  | 'pay_by_other_route'
  /** The dispute decides about the money; nothing is paid beside it. */
  | 'follow_dispute'
  /** The provider's review is answered, or another route is taken. */
  | 'clear_with_provider'
  /** A person finds out what it means before anything else happens. */
  | 'investigate';

/** What one class of failure means for everybody who meets it. */
export interface FailureRule {
  nextAction: FailureAction;
  /** The role whose work it is. */
  ownerRole: 'finance' | 'admin';
  /**
   * Whether an instruction that met this may be repeated under its own reference while it is not proven to have failed.
   * What is proven to have failed gets a new reference with its next attempt, whatever the class.
   */
  sameReference: boolean;
  /** For whoever works on it: what happened and what is to be done. */
  staff: Readonly<Record<Locale, string>>;
  /** For the customer: what is true and matters to them, without our or the provider's internals. */
  customer: Readonly<Record<Locale, string>>;
}

/** The one failure taxonomy of all providers. Every class has a next action, an owner and words in both languages. */
export const FAILURE_RULES: Readonly<Record<FailureClass, FailureRule>> = {
  wrong_account_details: {
    nextAction: 'agree_other_destination',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The account does not exist under these details. Agree another destination with the customer.',
      'zh-CN': '收款账户信息有误。请与客户确认其他收款方式。',
    },
    customer: {
      en: 'The account that the money was to go to could not be found. Our staff will agree with you where to send it.',
      'zh-CN': '收款账户信息有误，款项未能付出。我们的工作人员会与您确认新的收款方式。',
    },
  },
  account_frozen_or_closed: {
    nextAction: 'agree_other_destination',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The account that was paid from takes no money: frozen, closed or restricted. Agree another destination with the customer.',
      'zh-CN': '原付款账户已冻结、注销或受限，无法收款。请与客户确认其他收款方式。',
    },
    customer: {
      en: 'The account that you paid from cannot take the money back at present. Our staff will agree with you where to send it.',
      'zh-CN': '您原来的付款账户目前无法收款。我们的工作人员会与您确认新的收款方式。',
    },
  },
  card_expired_or_lost: {
    nextAction: 'agree_other_destination',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The card is expired, cancelled, lost or stolen. Agree another destination with the customer.',
      'zh-CN': '银行卡已过期、注销或挂失。请与客户确认其他收款方式。',
    },
    customer: {
      en: 'The card that you paid with can no longer take the money back. Our staff will agree with you where to send it.',
      'zh-CN': '您付款时使用的银行卡已无法收款。我们的工作人员会与您确认新的收款方式。',
    },
  },
  insufficient_merchant_funds: {
    nextAction: 'top_up_account',
    ownerRole: 'finance',
    sameReference: true,
    staff: {
      en: 'Our account at the provider holds too little. Top it up, then pay again.',
      'zh-CN': '我方在支付渠道的账户余额不足。请充值后重新付款。',
    },
    customer: {
      en: 'The payment could not be made yet for a reason on our side. Nothing is lacking on yours; we will pay as soon as we can.',
      'zh-CN': '由于我方原因，款项暂时未能付出，与您无关。我们会尽快付款。',
    },
  },
  provider_maintenance: {
    nextAction: 'wait_and_ask_again',
    ownerRole: 'finance',
    sameReference: true,
    staff: {
      en: 'The provider has a fault or is under maintenance. It is asked again by itself; act when its disturbance is over.',
      'zh-CN': '支付渠道故障或维护中。系统会自动再次查询，恢复后再处理。',
    },
    customer: {
      en: 'The payment provider is disturbed at present. We try again as soon as it works.',
      'zh-CN': '支付机构的系统暂时无法处理。恢复后我们会立即继续办理。',
    },
  },
  network: {
    nextAction: 'wait_and_ask_again',
    ownerRole: 'finance',
    sameReference: true,
    staff: {
      en: 'The connection to the provider was lost. The provider is asked what became of the instruction.',
      'zh-CN': '与支付渠道的连接中断。系统会查询该笔指令的结果。',
    },
    customer: {
      en: 'We have not been able to reach the payment provider. We keep asking until we know.',
      'zh-CN': '我们暂时无法联系到支付机构，会持续查询直到有结果。',
    },
  },
  rate_limited: {
    nextAction: 'wait_and_ask_again',
    ownerRole: 'finance',
    sameReference: true,
    staff: {
      en: 'The provider asks to slow down. It is asked again by itself.',
      'zh-CN': '支付渠道要求降低频率。系统会自动稍后重试。',
    },
    customer: {
      en: 'The payment provider is busy. We try again in a moment.',
      'zh-CN': '支付机构繁忙，我们会稍后再次办理。',
    },
  },
  interface_changed: {
    nextAction: 'repair_interface',
    ownerRole: 'admin',
    sameReference: true,
    staff: {
      en: 'The provider and we do not understand each other: keys, signature, parameters or an answer of an unknown form. Repair the interface before paying again.',
      'zh-CN': '与支付渠道的接口不一致：密钥、签名、参数或返回格式有误。请先修复接口，再付款。',
    },
    customer: {
      en: 'A technical fault on our side keeps us from paying. Our staff are working on it.',
      'zh-CN': '由于我方技术问题，款项暂时无法付出，工作人员正在处理。',
    },
  },
  window_passed: {
    nextAction: 'pay_by_other_route',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The provider takes no more refunds of this payment: too old, or closed. Pay by another route.',
      'zh-CN': '该笔付款已超过可退期限或交易已关闭。请改用其他途径付款。',
    },
    customer: {
      en: 'Your payment is too long ago to be sent back the way it came. Our staff will agree another way with you.',
      'zh-CN': '该笔付款时间较久，无法原路退回。我们的工作人员会与您确认其他退款方式。',
    },
  },
  disputed: {
    nextAction: 'follow_dispute',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The payment is disputed or frozen at the provider. The dispute decides; pay nothing beside it.',
      'zh-CN': '该笔付款存在争议或已被冻结。以争议结果为准，请勿另行付款。',
    },
    customer: {
      en: 'A dispute about this payment is open. We can refund only when it has been decided.',
      'zh-CN': '该笔付款存在争议，处理完毕后我们才能退款。',
    },
  },
  refused_by_review: {
    nextAction: 'clear_with_provider',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'The provider or the bank refused the refund after a review of its own. Clear it with them, or take another route.',
      'zh-CN': '支付渠道或银行审核后拒绝了该笔退款。请与其沟通，或改用其他途径。',
    },
    customer: {
      en: 'The payment provider or your bank did not accept the payment. Our staff are clearing it up.',
      'zh-CN': '支付机构或您的银行未接受这笔款项，我们的工作人员正在核实处理。',
    },
  },
  withdrawn: {
    nextAction: 'investigate',
    ownerRole: 'finance',
    sameReference: false,
    staff: {
      en: 'One of our own took the payment back before it was released; nothing has left. Read why, then pay again or by another route.',
      'zh-CN': '该笔付款在放行前已由我方人员撤回，款项未付出。请查看原因后重新付款或改用其他途径。',
    },
    customer: {
      en: 'We have stopped the payment to look at it again, and nothing has been sent. Our staff are taking care of it.',
      'zh-CN': '我们已暂停这笔付款并重新核对，款项尚未付出，工作人员正在处理。',
    },
  },
  unknown: {
    nextAction: 'investigate',
    ownerRole: 'finance',
    sameReference: true,
    staff: {
      en: 'The provider gave no reason that we know. Find out what it means before anything is paid again.',
      'zh-CN': '支付渠道未给出已知原因。请先查明原因，再决定是否重新付款。',
    },
    customer: {
      en: 'The payment provider could not carry out the payment. Our staff are finding out why.',
      'zh-CN': '支付机构未能完成这笔付款，我们的工作人员正在查明原因。',
    },
  },
};

export const FAILURE_CLASSES = Object.keys(FAILURE_RULES) as readonly FailureClass[];

/** True for the name of a class: what is stored as text is checked before words are looked up for it. */
export const isFailureClass = (value: unknown): value is FailureClass =>
  typeof value === 'string' && Object.hasOwn(FAILURE_RULES, value);
