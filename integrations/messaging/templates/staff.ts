import type { STAFF_MESSAGES } from '../../../domain/refund';
import type { LetterWords, Locale } from './view';

type StaffMessage = (typeof STAFF_MESSAGES)[number];

const CODE_EN =
  '{{#if decisionCode}}You can decide it without signing in: open the page below and type this code there: {{decisionCode}}. Page and code are for you alone and work once, until the refund changes. Do not pass this letter on.{{/if}}';
const CODE_ZH =
  '{{#if decisionCode}}您可以无需登录直接审批：打开下方页面并输入验证码 {{decisionCode}}。该页面和验证码仅供您本人使用一次，退款有任何变更即失效。请勿转发本邮件。{{/if}}';

/** Letters to staff: short, without the customer's name or reason, which the console shows to whoever may see them. */
export const STAFF: Record<Locale, Record<StaffMessage, LetterWords>> = {
  en: {
    stage_opened: {
      subject: 'To decide: {{stageLabel}} of {{refundId}} ({{amount}})',
      heading: 'A refund waits for your decision',
      paragraphs: [
        'The refund {{refundId}} for order {{orderExternalId}} has reached a stage that you may decide.',
        CODE_EN,
      ],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the refund',
    },
    stage_reminder: {
      subject: 'Reminder: {{stageLabel}} of {{refundId}} is still open',
      heading: 'A decision is still open',
      paragraphs: ['Nobody has decided this stage of the refund {{refundId}} yet.', CODE_EN],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the refund',
    },
    stage_escalated: {
      subject: 'Escalated to you: {{stageLabel}} of {{refundId}} ({{amount}})',
      heading: 'A refund has been escalated to you',
      paragraphs: [
        'This stage of the refund {{refundId}} was not decided in time. From now on you may decide it too; those who were asked before still may.',
        CODE_EN,
      ],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the refund',
    },
    first_response_due: {
      subject: 'First response overdue: {{refundId}}',
      heading: 'A customer still waits for a first response',
      paragraphs: [
        'Nobody has acted on the refund {{refundId}} yet, and the time promised for a first response is over.',
      ],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the refund',
    },
    correction_requested: {
      subject: 'Sent back for correction: {{refundId}}',
      heading: 'A request was sent back for correction',
      paragraphs: [
        'The request {{refundId}} for order {{orderExternalId}} was sent back.{{#if dueText}} Without a correction by {{dueText}} it expires.{{/if}}',
        '{{#if messageToCustomer}}What is asked for:\n{{messageToCustomer}}{{/if}}',
      ],
      facts: ['dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the refund',
    },
    desk_item_opened: {
      subject: 'On the desk: {{refundId}}{{#if deskText}} – {{deskText}}{{/if}}',
      heading: 'A refund needs a person',
      paragraphs: ['The refund {{refundId}} is on the exception desk.{{#if deskText}} Reason: {{deskText}}.{{/if}}'],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the desk',
    },
    desk_item_overdue: {
      subject: 'Overdue on the desk: {{refundId}}{{#if deskText}} – {{deskText}}{{/if}}',
      heading: 'An item of the desk is overdue',
      paragraphs: [
        'The refund {{refundId}} still waits for a person at the exception desk, and the time for it is over.{{#if deskText}} Reason: {{deskText}}.{{/if}}',
      ],
      facts: ['dueText', 'refundId', 'orderExternalId', 'amount'],
      action: 'Open the desk',
    },
  },
  'zh-CN': {
    stage_opened: {
      subject: '待审批：{{refundId}} {{stageLabel}}（{{amount}}）',
      heading: '有一笔退款等待您审批',
      paragraphs: ['订单 {{orderExternalId}} 的退款 {{refundId}} 已到达您可以审批的阶段。', CODE_ZH],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开退款',
    },
    stage_reminder: {
      subject: '提醒：{{refundId}} {{stageLabel}} 尚未审批',
      heading: '仍有审批未完成',
      paragraphs: ['退款 {{refundId}} 的这一阶段尚无人审批。', CODE_ZH],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开退款',
    },
    stage_escalated: {
      subject: '已升级给您：{{refundId}} {{stageLabel}}（{{amount}}）',
      heading: '有一笔退款升级给您',
      paragraphs: ['退款 {{refundId}} 的这一阶段未按时审批。从现在起您也可以审批，原审批人仍可审批。', CODE_ZH],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开退款',
    },
    first_response_due: {
      subject: '首次响应超时：{{refundId}}',
      heading: '客户仍在等待首次响应',
      paragraphs: ['尚无人处理退款 {{refundId}}，承诺的首次响应时间已过。'],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开退款',
    },
    correction_requested: {
      subject: '退回更正：{{refundId}}',
      heading: '有一笔申请被退回更正',
      paragraphs: [
        '订单 {{orderExternalId}} 的申请 {{refundId}} 已被退回。{{#if dueText}}如在 {{dueText}} 之前未更正，申请将过期。{{/if}}',
        '{{#if messageToCustomer}}需要更正的内容：\n{{messageToCustomer}}{{/if}}',
      ],
      facts: ['dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开退款',
    },
    desk_item_opened: {
      subject: '异常待处理：{{refundId}}{{#if deskText}}（{{deskText}}）{{/if}}',
      heading: '有一笔退款需要人工处理',
      paragraphs: ['退款 {{refundId}} 已进入异常处理台。{{#if deskText}}原因：{{deskText}}。{{/if}}'],
      facts: ['stageLabel', 'dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开处理台',
    },
    desk_item_overdue: {
      subject: '异常处理已超时：{{refundId}}{{#if deskText}}（{{deskText}}）{{/if}}',
      heading: '有一项异常处理已超时',
      paragraphs: ['退款 {{refundId}} 仍在等待人工处理，处理期限已过。{{#if deskText}}原因：{{deskText}}。{{/if}}'],
      facts: ['dueText', 'refundId', 'orderExternalId', 'amount'],
      action: '打开处理台',
    },
  },
};
