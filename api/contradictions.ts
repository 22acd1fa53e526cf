import type { AnswerContradiction, ContradictionKind, DeductionProblem, GoodwillRefusal } from '../domain/process';
import type { Language } from './types';

/** Where a request and its order, or an answer and its request, contradict each other, in the reader's words. */
export const CONTRADICTIONS: Record<ContradictionKind | AnswerContradiction, Record<Language, string>> = {
  currency: { en: 'The currency is not the one of the order.', 'zh-CN': '币种与订单不一致。' },
  unknown_line: { en: 'There is no such line.', 'zh-CN': '没有这一行商品。' },
  quantity: { en: 'The line has fewer pieces left to refund.', 'zh-CN': '该行可退数量不足。' },
  amount_above_lines: {
    en: 'The amount and what is deducted are above what the named lines, with the shipping due, can give.',
    'zh-CN': '金额与扣除款之和超过所列商品及应退运费的合计。',
  },
  amount_raised: {
    en: 'An answer can lower the amount, not raise it.',
    'zh-CN': '补充信息时只能降低金额，不能提高。',
  },
};

/** Why a fee may not be kept back, in the reader's words. */
export const DEDUCTION_PROBLEMS: Record<DeductionProblem['why'], Record<Language, string>> = {
  unknown_deduction: {
    en: 'The policy in force at purchase knows no deduction of this code.',
    'zh-CN': '购买时的政策没有这种扣除项目。',
  },
  deduction_above_limit: {
    en: 'The deduction is above what the policy in force at purchase allows.',
    'zh-CN': '扣除金额超过购买时政策允许的上限。',
  },
  deductions_forbidden: {
    en: 'The law that applies to this order does not allow to keep anything back.',
    'zh-CN': '该订单适用的法律不允许扣除任何费用。',
  },
};

/** Why nothing is given beside a refund, in the reader's words. */
export const GOODWILL_PROBLEMS: Record<
  Extract<GoodwillRefusal, { code: 'goodwill_not_allowed' }>['why'],
  Record<Language, string>
> = {
  unknown_goodwill: {
    en: 'The policy knows no goodwill of this code.',
    'zh-CN': '政策中没有这种补偿。',
  },
  goodwill_above_limit: {
    en: 'The goodwill is above the policy’s limit per refund in this currency.',
    'zh-CN': '补偿金额超过政策规定的单笔上限。',
  },
};
