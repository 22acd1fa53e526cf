import { formatAmount } from '../../domain/money';
import type { LocalizedText } from '../../domain/refund';
import type { RiskAssessment, RiskReason, RiskSignal } from '../../domain/risk';
import type { Language } from '../types';

type Numbers = RiskReason['seen'];
type Money = (amountMinor: number | undefined, language: Language) => string;

/** What was seen, for reviewers: one sentence a signal. */
const WORDS: Record<RiskSignal, (seen: Numbers, money: Money) => LocalizedText> = {
  requests_in_a_day: ({ requests }) => ({
    en: `${requests} other requests of this customer in the last 24 hours`,
    'zh-CN': `该客户24小时内另有${requests}笔退款申请`,
  }),
  requests_in_a_month: ({ requests }) => ({
    en: `${requests} other requests of this customer in the last 30 days`,
    'zh-CN': `该客户30天内另有${requests}笔退款申请`,
  }),
  refunded_share: ({ askedMinor, purchasedMinor, orders }, money) => ({
    en: `With this request ${money(askedMinor, 'en')} are asked back of ${money(purchasedMinor, 'en')} bought within a year (${orders} orders)`,
    'zh-CN': `连同本次申请，一年内购买${money(purchasedMinor, 'zh-CN')}（${orders}单）中已申请退回${money(askedMinor, 'zh-CN')}`,
  }),
  amount_above_usual: ({ usualOrderMinor }, money) => ({
    en: `Far more than a usual order of this customer (${money(usualOrderMinor, 'en')})`,
    'zh-CN': `金额远高于该客户的平均订单（${money(usualOrderMinor, 'zh-CN')}）`,
  }),
  old_order: ({ days }) => ({
    en: `The order was placed ${days} days before`,
    'zh-CN': `订单已下单${days}天`,
  }),
  other_channel: ({ requests }) => ({
    en: `The same amount was asked for by another channel within 14 days (${requests} times)`,
    'zh-CN': `14天内曾通过其他渠道申请相同金额（${requests}次）`,
  }),
  evidence_reused: ({ files }) => ({
    en: `Evidence with the same content belongs to another refund (${files} files)`,
    'zh-CN': `凭证内容与其他退款的凭证相同（${files}个文件）`,
  }),
  payee_shared: ({ customers }) => ({
    en: `The payee’s account is also that of other customers (${customers})`,
    'zh-CN': `收款账户同时被其他客户使用（${customers}位）`,
  }),
  payee_is_staff: () => ({
    en: 'The payee’s account is that of a member of staff',
    'zh-CN': '收款账户属于本公司员工',
  }),
  untrue_statement: ({ statements }) => ({
    en: `An earlier statement of this customer was untrue (${statements})`,
    'zh-CN': `该客户曾有不实陈述（${statements}次）`,
  }),
  clean_history: ({ orders, requests }) => ({
    en: `A clean history: ${orders} orders within a year, ${requests} other requests`,
    'zh-CN': `记录良好：一年内${orders}单，其他退款申请${requests}笔`,
  }),
};

/** The score with the reasons that add up to it, in words. For staff alone: never for customers or systems. */
export function presentRisk({ score, grade, reasons }: RiskAssessment, currency: string, language: Language): object {
  const money: Money = (amountMinor, locale) => formatAmount(amountMinor ?? 0, currency, locale);
  return {
    score,
    grade,
    reasons: reasons.map(({ signal, points, seen }) => ({
      signal,
      points,
      seen,
      text: WORDS[signal](seen, money)[language],
    })),
  };
}
