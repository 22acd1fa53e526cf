import type { CUSTOMER_MESSAGES } from '../../../domain/refund';
import type { LetterWords } from './view';

type CustomerMessage = (typeof CUSTOMER_MESSAGES)[number];

const MESSAGE = '{{#if messageToCustomer}}给您的说明：\n{{messageToCustomer}}{{/if}}';
const DEDUCTIONS = '{{#if deductionsText}}上述金额已扣除以下款项：\n{{deductionsText}}{{/if}}';
const GOODWILL =
  '{{#if goodwillText}}此外，我们另行向您支付 {{goodwillText}}，款项将汇入为此指定的账户。{{/if}}{{#if goodwillUnpaidText}}我们原本还要另行向您支付 {{goodwillUnpaidText}}，但这笔款项未能付出，非常抱歉。{{/if}}';

/** 给客户的中文邮件。只说当时的事实：批准不等于已付款。 */
export const CUSTOMER_ZH: Record<CustomerMessage, LetterWords> = {
  refund_received: {
    subject: '我们已收到您对订单 {{orderExternalId}} 的退款申请',
    heading: '已收到您的退款申请',
    paragraphs: [
      '我们已收到您对订单 {{orderExternalId}} 的退款申请，申请金额为 {{amount}}。',
      DEDUCTIONS,
      '申请即将进入审核。目前尚未作出决定，也尚未付款；一有结果，我们会立即通知您。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'dueText'],
    action: '查看申请',
  },
  information_requested: {
    subject: '订单 {{orderExternalId}} 的退款需要您补充材料',
    heading: '请您补充材料',
    paragraphs: [
      '为继续处理您对订单 {{orderExternalId}} 的退款申请，我们需要更多信息。',
      MESSAGE,
      '{{#if dueText}}请在 {{dueText}} 之前答复，在此之前审核暂停。{{else}}在您答复之前，审核暂停。{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'dueText'],
    action: '立即答复',
  },
  information_overdue: {
    subject: '未收到您的答复，订单 {{orderExternalId}} 的退款审核继续进行',
    heading: '我们尚未收到您的答复',
    paragraphs: [
      '我们曾请您就订单 {{orderExternalId}} 的退款申请补充信息，但未在期限内收到。',
      '审核将根据现有材料继续进行。在作出决定之前，您仍可补充材料。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看申请',
  },
  refund_approved: {
    subject: '您对订单 {{orderExternalId}} 的退款已获批准',
    heading: '退款已获批准',
    paragraphs: [
      '您对订单 {{orderExternalId}} 的退款已获批准，金额为 {{amount}}。{{#if requestedAmount}}您申请的金额为 {{requestedAmount}}。{{/if}}',
      DEDUCTIONS,
      GOODWILL,
      MESSAGE,
      '款项尚未汇出。我们即将通知支付机构办理，待支付机构确认后会再次通知您。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'requestedAmount'],
    action: '查看退款',
  },
  refund_declined: {
    subject: '您对订单 {{orderExternalId}} 的退款申请未获批准',
    heading: '退款申请未获批准',
    paragraphs: [
      '我们已审核您对订单 {{orderExternalId}} 的退款申请（金额 {{amount}}）,申请未获批准。',
      MESSAGE,
      '{{#if clauseText}}依据的条款：\n{{clauseText}}{{/if}}',
      '没有发生任何款项变动。{{#if appealUntilText}}如果您不同意该决定，可以在{{appealUntilText}}之前申诉一次，届时将由未参与此前审批的人员重新审核。请联系客服，告知申请编号和申诉理由。{{else}}{{#if afterAppeal}}这是我们对您申诉的决定，不能再次申诉。{{else}}如果您认为我们有所遗漏，请联系客服并告知申请编号。{{/if}}{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看申请',
  },
  offer_made: {
    subject: '订单 {{orderExternalId}} 的退款申请：我们可退 {{amount}}',
    heading: '请确认是否同意',
    paragraphs: [
      '我们已审核您对订单 {{orderExternalId}} 的退款申请，可退 {{amount}}。{{#if requestedAmount}}您申请的金额为 {{requestedAmount}}。{{/if}}',
      MESSAGE,
      DEDUCTIONS,
      '请在{{dueText}}之前告知客服您是否同意。如未收到您的答复，届时我们将按 {{amount}} 付款。{{#if appealUntilText}}如果您不同意，可以在{{appealUntilText}}之前申诉一次，届时将由未参与此前审批的人员重新审核。{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'requestedAmount', 'dueText'],
    action: '查看申请',
  },
  appeal_received: {
    subject: '我们已收到您对订单 {{orderExternalId}} 的申诉',
    heading: '您的申诉已收到',
    paragraphs: [
      '我们已收到您对订单 {{orderExternalId}} 退款申请（金额 {{amount}}）处理结果的申诉。',
      '该申请将由未参与此前审批的人员重新审核。目前尚未作出决定，也未付款；有结果后我们会立即通知您。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看申请',
  },
  refund_withdrawn: {
    subject: '您对订单 {{orderExternalId}} 的退款申请已撤回',
    heading: '退款申请已撤回',
    paragraphs: [
      '对订单 {{orderExternalId}} 的退款申请（金额 {{amount}}）已撤回，不会再为此付款。',
      '如果这不是您的意愿，请联系客服。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看申请',
  },
  refund_expired: {
    subject: '您对订单 {{orderExternalId}} 的退款申请已过期',
    heading: '退款申请已过期',
    paragraphs: [
      '对订单 {{orderExternalId}} 的退款申请（金额 {{amount}}）需要更正，但我们未在期限内收到。申请已关闭，没有付款。',
      '您可以重新提交申请。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看申请',
  },
  refund_paid: {
    subject: '您的退款 {{amount}} 正在到账途中',
    heading: '退款正在到账途中',
    paragraphs: [
      '支付机构已确认订单 {{orderExternalId}} 的退款，金额为 {{amount}}。{{#if requestedAmount}}您申请的金额为 {{requestedAmount}}。{{/if}}',
      DEDUCTIONS,
      GOODWILL,
      '{{#if arrivalToText}}预计款项在 {{arrivalFromText}} 至 {{arrivalToText}} 之间到账，具体时间取决于您的银行。{{else}}具体到账时间取决于您的银行。{{/if}}',
      '{{#if traceNumber}}如果届时仍未到账，请告诉您的银行：“请查询追踪编号为 {{traceNumber}} 的退款入账。”银行凭此编号可以查到款项去向。{{/if}}',
    ],
    facts: ['refundId', 'orderExternalId', 'amount', 'arrival', 'traceNumber'],
    action: '查看退款',
  },
  refund_arrived: {
    subject: '您的退款 {{amount}} 已到账',
    heading: '退款已到账',
    paragraphs: [
      '已确认订单 {{orderExternalId}} 的退款到账，金额为 {{amount}}。您的申请至此办结。',
      '如果您没有收到款项，请联系客服。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
  payment_delayed: {
    subject: '您对订单 {{orderExternalId}} 的退款延迟',
    heading: '退款延迟',
    paragraphs: [
      '您对订单 {{orderExternalId}} 的退款（金额 {{amount}}）已获批准，但付款有所延迟，非常抱歉。',
      '{{#if failed}}{{#if failureText}}{{failureText}}{{else}}支付机构未能完成这笔付款，我们的工作人员正在寻找其他办法。{{/if}}{{else}}支付机构尚未告知付款结果，因此我们目前还不知道款项是否已经汇出。我们会继续查询；如果一直没有答复，将由工作人员处理。{{/if}}',
      '您目前无需做任何事。一有消息，我们会立即通知您。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
  refund_on_hold: {
    subject: '您对订单 {{orderExternalId}} 的退款暂缓付款',
    heading: '退款暂缓付款',
    paragraphs: [
      '您对订单 {{orderExternalId}} 的退款（金额 {{amount}}）已获批准，但付款（或其中一部分）暂缓，暂缓的款项尚未汇出，非常抱歉。',
      '{{#if failureText}}{{failureText}}{{/if}}',
      '您目前无需做任何事。款项汇出后，或需要您配合时，我们会立即通知您。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
  refund_disputed: {
    subject: '因付款争议，您对订单 {{orderExternalId}} 的退款暂停',
    heading: '您的付款存在争议',
    paragraphs: [
      '我们获知您对订单 {{orderExternalId}} 的付款存在争议（通常由您的银行或支付机构提出）。争议处理期间，我们暂不支付该笔付款的退款，以免重复付款。所涉及的退款申请金额为 {{amount}}。',
      '如果银行将款项退还给您，本次退款即不再需要；如果争议结束而款项未退还，我们会继续办理退款。',
      '您目前无需做任何事。如果争议并非由您提出，或您希望撤回，请先联系您的银行，再联系客服并告知退款编号。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
  refund_returned: {
    subject:
      '{{#if returnedGoodwill}}订单 {{orderExternalId}} 的一笔付款被退回{{else}}您对订单 {{orderExternalId}} 的退款被退回{{/if}}',
    heading: '{{#if returnedGoodwill}}付款被退回{{else}}退款被退回{{/if}}',
    paragraphs: [
      '{{#if returnedGoodwill}}除订单 {{orderExternalId}} 的退款之外，我们还另行向您汇出了 {{returnedGoodwill}}，但银行或支付机构已将这笔款项退回给我们；退款本身不受影响。{{else}}我们已汇出您对订单 {{orderExternalId}} 的退款（金额 {{amount}}），但银行或支付机构已将{{#if returnedAmount}}其中的 {{returnedAmount}} {{else}}款项{{/if}}退回给我们。{{/if}}款项没有到达您的账户，或已不在您的账户中，非常抱歉。',
      '{{#if failureText}}{{failureText}}{{/if}}',
      '这笔款项仍为您保留，我们的工作人员正在寻找其他付款办法。',
      '您目前无需做任何事。如果您付款时使用的银行卡或账户已注销或更换，请联系客服并告知退款编号。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
  refund_given_up: {
    subject: '您对订单 {{orderExternalId}} 的退款未能支付',
    heading: '退款未能支付',
    paragraphs: [
      '您对订单 {{orderExternalId}} 的退款（金额 {{amount}}）已获批准，但我们未能{{#if paidAmount}}全部付出：已支付 {{paidAmount}}，其余部分未付{{else}}付出这笔款项{{/if}}。我们已停止尝试{{#unless paidAmount}}，并结束本次处理{{/unless}}。',
      '{{#if paidAmount}}{{#if arrivalToText}}预计已支付的款项在 {{arrivalFromText}} 至 {{arrivalToText}} 之间到账。{{/if}}{{/if}}',
      '如果这笔款项仍应退还给您，请联系客服并告知退款编号。',
    ],
    facts: ['refundId', 'orderExternalId', 'amount'],
    action: '查看退款',
  },
};
