import type { UnavailableAction } from '../domain/approval';
import type { Language } from './types';

/** Why an action of the desk is not possible, in the reader's words. */
export const DESK_OBSTACLE_WORDS: Record<UnavailableAction['why'], Record<Language, string>> = {
  refund_over: { en: 'The refund is over.', 'zh-CN': '该退款已结束。' },
  not_in_review: { en: 'The refund is not in review.', 'zh-CN': '该退款不在审核中。' },
  other_stage: { en: 'Another stage is open.', 'zh-CN': '当前开放的是其他阶段。' },
  stage_paused: { en: 'The stage waits for an answer.', 'zh-CN': '该阶段正在等待答复。' },
  nothing_to_ask: {
    en: 'Nothing has been sent that a provider could be asked about.',
    'zh-CN': '没有可向支付机构查询的付款。',
  },
  nothing_held: { en: 'No payment of this refund is held.', 'zh-CN': '该退款没有被暂停的付款。' },
  unknown_leg: { en: 'The refund has no such payment.', 'zh-CN': '该退款没有这笔付款。' },
  leg_not_proven_unpaid: {
    en: 'Nobody knows yet where the money is: ask the provider and wait.',
    'zh-CN': '款项去向尚未确定：请先向支付机构查询并等待。',
  },
  leg_paid: { en: 'This part has been paid.', 'zh-CN': '这笔款项已支付。' },
  leg_given_up: { en: 'This part has been given up.', 'zh-CN': '这笔款项已放弃支付。' },
  leg_contradicted: {
    en: 'The provider contradicts itself about this money: ask it again, or prove that it was paid.',
    'zh-CN': '支付机构对这笔款项的说法自相矛盾：请再次查询，或提供已付款的凭证。',
  },
  other_leg_in_flight: {
    en: 'Another part of this refund is on its way; wait until its outcome is known.',
    'zh-CN': '该退款的另一部分仍在付款途中，请等待结果。',
  },
  already_proposed: {
    en: 'Somebody has proposed something for this payment: confirm or reject that first.',
    'zh-CN': '已有人对这笔付款提出处理方案，请先确认或否决。',
  },
  unknown_proposal: { en: 'There is no such proposal any more.', 'zh-CN': '该处理方案已不存在。' },
  proposal_void: {
    en: 'The payment has moved on since this was proposed.',
    'zh-CN': '提出方案之后，付款情况已发生变化。',
  },
  proof_not_found: {
    en: 'The proof is not there, or belongs to another refund. Upload it as evidence first.',
    'zh-CN': '找不到付款凭证，或该凭证属于其他退款。请先上传凭证。',
  },
  paid_in_future: { en: 'The time of the payment is in the future.', 'zh-CN': '付款时间晚于当前时间。' },
  destination_not_found: {
    en: 'There is no such account of this customer, or it was revoked.',
    'zh-CN': '该客户没有这个收款账户，或账户已作废。',
  },
  destination_not_usable: {
    en: 'The account may not be paid to yet: it is cooling off, or its name is not settled.',
    'zh-CN': '该账户暂不能收款：仍在等待期内，或户名尚未核实。',
  },
  no_paying_account: {
    en: 'No bank account is configured that pays in this currency. Pay by hand, or have one configured.',
    'zh-CN': '未配置以该币种付款的银行账户。请线下付款，或先配置账户。',
  },
  no_person: { en: 'This takes a person; a system may not do it.', 'zh-CN': '该操作必须由人员执行，系统不能执行。' },
  not_finance: {
    en: 'Only finance decides how money is paid.',
    'zh-CN': '只有退单处理员（财务）可以决定款项如何支付。',
  },
  same_person: {
    en: 'A second person is needed: not the one who proposed it, nor anybody behind the request.',
    'zh-CN': '需要第二人处理：不能是提出方案的人，也不能是与申请有关的人。',
  },
  settled_by_process: {
    en: 'It closes by itself when what it is about is settled.',
    'zh-CN': '相关事项解决后会自动关闭。',
  },
  item_resolved: { en: 'This item is closed.', 'zh-CN': '该事项已关闭。' },
};

/** The words for a refusal's `why`; a refusal without one is about the state of the refund. */
export const obstacleWords = (why: unknown): Record<Language, string> =>
  typeof why === 'string' && Object.hasOwn(DESK_OBSTACLE_WORDS, why)
    ? DESK_OBSTACLE_WORDS[why as UnavailableAction['why']]
    : { en: 'It does not fit the state of the refund.', 'zh-CN': '与退款当前状态不符。' };
