import type { LocalizedText } from '../domain/refund';

const ROLE_NAMES: Record<string, LocalizedText> = {
  integrator: { en: 'the shop', 'zh-CN': '商家系统' },
  agent: { en: 'an agent', 'zh-CN': '客服' },
  reviewer: { en: 'a reviewer', 'zh-CN': '退单审核员' },
  second_reviewer: { en: 'a second reviewer', 'zh-CN': '复审员' },
  approver: { en: 'an approver', 'zh-CN': '终审人' },
  finance: { en: 'finance', 'zh-CN': '退单处理员' },
  admin: { en: 'an administrator', 'zh-CN': '管理员' },
};

/** Who holds a role, as explanations and policies call them; a role without words is shown as it is. */
export const roleName = (role: string): LocalizedText => ROLE_NAMES[role] ?? { en: role, 'zh-CN': role };
