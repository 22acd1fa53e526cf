import type { DelegationRefusal } from '../domain/approval';
import type { LocalizedText } from '../domain/refund';

/** Why a delegation cannot be said, in the words of `delegation_not_allowed`. */
export const DELEGATION_PROBLEMS_BY_REASON: Record<DelegationRefusal, LocalizedText> = {
  not_yours: {
    en: 'only administrators speak for somebody else.',
    'zh-CN': '只有管理员可以代他人设置。',
  },
  oneself: { en: 'nobody delegates to themselves.', 'zh-CN': '不能委托给本人。' },
  own_gain: {
    en: 'whoever delegates for another person cannot name themselves.',
    'zh-CN': '代他人设置委托时不能指定自己为受托人。',
  },
  nothing_to_lend: {
    en: 'the delegator holds no deciding role by themselves, and what was lent to them cannot be lent on.',
    'zh-CN': '委托人本人没有审批角色；受托获得的权限不能再次委托。',
  },
  over_already: { en: 'its end lies in the past.', 'zh-CN': '结束时间已过。' },
};
