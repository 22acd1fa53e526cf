import type { Locale, SharedWords } from './view';

/** Words that all letters of a language share. Strings are Handlebars templates over MessageView. */
export const SHARED_WORDS: Record<Locale, SharedWords> = {
  en: {
    greeting: 'Dear {{recipientName}},',
    closing: '{{shopName}}',
    automatic: 'This letter was sent automatically. Please do not send card numbers or passwords to anyone.',
    facts: {
      refundId: 'Refund',
      orderExternalId: 'Order',
      amount: 'Amount',
      requestedAmount: 'Amount asked for',
      stageLabel: 'Stage',
      dueText: 'Due',
      arrival: 'Expected',
      traceNumber: 'Trace number',
    },
    arrival: '{{arrivalFromText}} – {{arrivalToText}}',
    deskKinds: {
      stage_overdue: 'nobody decided in time',
      first_response_overdue: 'no first response in time',
      payment_failed: 'the payment failed',
      payment_unresolved: 'the outcome of the payment is unknown',
      payment_contradiction: 'the provider contradicts itself',
      arrival_overdue: 'the promised arrival has passed',
      no_eligible_person: 'nobody is left who may decide',
      payment_held: 'an approved payment is held back',
      awaiting_funds: 'the merchant account has too little money',
    },
  },
  'zh-CN': {
    greeting: '{{recipientName}}，您好：',
    closing: '{{shopName}}',
    automatic: '本邮件由系统自动发送。请勿向任何人发送银行卡号或密码。',
    facts: {
      refundId: '退款编号',
      orderExternalId: '订单号',
      amount: '金额',
      requestedAmount: '申请金额',
      stageLabel: '阶段',
      dueText: '期限',
      arrival: '预计到账',
      traceNumber: '追踪编号',
    },
    arrival: '{{arrivalFromText}} 至 {{arrivalToText}}',
    deskKinds: {
      stage_overdue: '未按时审批',
      first_response_overdue: '首次响应超时',
      payment_failed: '付款失败',
      payment_unresolved: '付款结果未知',
      payment_contradiction: '支付机构的信息自相矛盾',
      arrival_overdue: '已过承诺的到账时间',
      no_eligible_person: '没有可以审批的人员',
      payment_held: '已批准的付款被暂缓',
      awaiting_funds: '商户账户余额不足',
    },
  },
};
