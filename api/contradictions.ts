import type { AnswerContradiction, ContradictionKind } from '../domain/process';
import type { Language } from './types';

/** Where a request and its order, or an answer and its request, contradict each other, in the reader's words. */
export const CONTRADICTIONS: Record<ContradictionKind | AnswerContradiction, Record<Language, string>> = {
  currency: { en: 'The currency is not the one of the order.', 'zh-CN': '币种与订单不一致。' },
  unknown_line: { en: 'There is no such line.', 'zh-CN': '没有这一行商品。' },
  quantity: { en: 'The line has fewer pieces left to refund.', 'zh-CN': '该行可退数量不足。' },
  amount_above_lines: {
    en: 'The amount is above what the named lines cost.',
    'zh-CN': '金额超过所列商品的价格。',
  },
  amount_raised: {
    en: 'An answer can lower the amount, not raise it.',
    'zh-CN': '补充信息时只能降低金额，不能提高。',
  },
};
