import { formatAmount } from '../domain/money';
import type { LinkEnd } from '../domain/approval';
import type { LocalizedText } from '../domain/refund';
import type { StoredRefund } from '../store';
import { escapeHtml } from './docs-pages';
import type { Language } from './types';

/** What the page says above its form, or instead of it. */
export type PageNotice =
  | { kind: 'none' }
  | { kind: 'decided'; decision: 'approve' | 'decline' }
  | { kind: 'dead'; why: LinkEnd | 'unknown' }
  | { kind: 'wrong_code'; left: number }
  | { kind: 'incomplete' }
  /** Words of a refusal, in the language of the page. */
  | { kind: 'refused'; title: string; detail: string };

/** What a page is about; null when nothing may be shown. */
export interface PageSubject {
  refund: StoredRefund;
  stageLabel: LocalizedText | null;
  /** Whether it can be decided here. */
  form: boolean;
}

type Words = Record<Language, string>;

const WORDS = {
  title: { en: 'Decide a refund', 'zh-CN': '审批退款' },
  amount: { en: 'Amount', 'zh-CN': '金额' },
  asked: { en: 'Asked for', 'zh-CN': '申请金额' },
  order: { en: 'Order', 'zh-CN': '订单号' },
  refund: { en: 'Refund', 'zh-CN': '退款编号' },
  stage: { en: 'Stage', 'zh-CN': '阶段' },
  reason: { en: 'Reason code', 'zh-CN': '原因代码' },
  decision: { en: 'Your decision', 'zh-CN': '您的决定' },
  approve: { en: 'Approve', 'zh-CN': '批准' },
  decline: { en: 'Decline', 'zh-CN': '拒绝' },
  why: { en: 'Why, for colleagues (needed to decline)', 'zh-CN': '理由，供同事查看（拒绝时必填）' },
  code: { en: 'Code from the letter, six digits', 'zh-CN': '邮件中的六位验证码' },
  submit: { en: 'Decide', 'zh-CN': '提交决定' },
  hint: {
    en: 'Opening this page decides nothing. It counts when you choose, type the code of your letter and submit.',
    'zh-CN': '打开本页不会作出任何决定。请选择决定、输入邮件中的验证码并提交后方才生效。',
  },
  dutiesOff: {
    en: 'Duties are not separated in this shop: one person may ask and decide.',
    'zh-CN': '本店未启用职责分离：同一人可以申请并审批。',
  },
  incomplete: {
    en: 'Nothing was decided. Choose a decision, give a reason if you decline, and type the six digits of the letter.',
    'zh-CN': '没有作出决定。请选择决定，拒绝时填写理由，并输入邮件中的六位验证码。',
  },
  approved: { en: 'Your approval counts. This link is used.', 'zh-CN': '您的批准已生效。该链接已使用。' },
  declined: { en: 'Your decline counts. This link is used.', 'zh-CN': '您的拒绝已生效。该链接已使用。' },
} as const satisfies Record<string, Words>;

const DEAD: Record<LinkEnd | 'unknown', Words> = {
  unknown: {
    en: 'This link is not known. Open the one of your newest letter.',
    'zh-CN': '该链接无效。请打开最近一封邮件中的链接。',
  },
  used: { en: 'This link has been used. Nothing more was decided.', 'zh-CN': '该链接已使用，没有再次作出决定。' },
  expired: {
    en: 'This link has expired. Nothing was decided; sign in to decide.',
    'zh-CN': '该链接已过期，没有作出决定。请登录后审批。',
  },
  too_many_codes: {
    en: 'Too many wrong codes were typed, so this link is dead. Nothing was decided; sign in to decide.',
    'zh-CN': '验证码输入错误次数过多，该链接已失效，没有作出决定。请登录后审批。',
  },
  changed: {
    en: 'The refund is not as it was when this letter was written: it was decided, changed or moved. Nothing was decided here.',
    'zh-CN': '该退款在邮件发出后已被审批、变更或转派，未通过该链接作出决定。',
  },
  above_step_up: {
    en: 'So much cannot be decided by a letter. Nothing was decided; sign in to decide.',
    'zh-CN': '该金额不能通过邮件审批，没有作出决定。请登录后审批。',
  },
};

const wrongCode = (left: number): Words => ({
  en: `Nothing was decided: this is not the code of the letter. ${left} more attempt${left === 1 ? '' : 's'}.`,
  'zh-CN': `没有作出决定：验证码不正确，还可尝试 ${left} 次。`,
});

function noticeWords(notice: PageNotice, language: Language): string | null {
  switch (notice.kind) {
    case 'none':
      return null;
    case 'decided':
      return WORDS[notice.decision === 'approve' ? 'approved' : 'declined'][language];
    case 'dead':
      return DEAD[notice.why][language];
    case 'wrong_code':
      return wrongCode(notice.left)[language];
    case 'incomplete':
      return WORDS.incomplete[language];
    case 'refused':
      return `${notice.title}${language === 'en' ? '. ' : '。'}${notice.detail}`;
  }
}

/**
 * The page behind the link of a letter, in one language with a link to the other; reads on a phone, and nothing runs in it. It
 * shows neither the customer nor their words: whoever forwards a letter would give them away.
 */
export function decisionHtml(subject: PageSubject | null, notice: PageNotice, language: Language): string {
  const word = (name: keyof typeof WORDS): string => escapeHtml(WORDS[name][language]);
  const other: Language = language === 'en' ? 'zh-CN' : 'en';
  const said = noticeWords(notice, language);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${word('title')}</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<p class="top"><a href="?lang=${other}" hreflang="${other}" lang="${other}">${other === 'en' ? 'English' : '中文'}</a></p>
<h1>${word('title')}</h1>
${said === null ? '' : `<p role="status"><strong>${escapeHtml(said)}</strong></p>`}
${subject === null ? '' : factsHtml(subject, language)}
${subject?.form ? formHtml(language) : ''}
</body>
</html>
`;
}

function factsHtml({ refund, stageLabel }: PageSubject, language: Language): string {
  const { approvedAmountMinor } = refund.process;
  const money = (minor: number): string => formatAmount(minor, refund.currency, language);
  const rows: [keyof typeof WORDS, string][] = [
    ['amount', money(approvedAmountMinor ?? refund.amountMinor)],
    ...(approvedAmountMinor === null ? [] : [['asked', money(refund.amountMinor)] as [keyof typeof WORDS, string]]),
    ['stage', stageLabel?.[language] ?? '–'],
    ['reason', refund.reasonCode],
    ['order', refund.orderExternalId],
    ['refund', refund.id],
  ];
  const row = ([name, value]: [keyof typeof WORDS, string]): string =>
    `<tr><th scope="row">${escapeHtml(WORDS[name][language])}</th><td><code>${escapeHtml(value)}</code></td></tr>`;
  const banner = refund.plan.dutiesOff ? `<p><strong>${escapeHtml(WORDS.dutiesOff[language])}</strong></p>` : '';
  return `${banner}<table>${rows.map(row).join('')}</table>`;
}

const formHtml = (language: Language): string => {
  const word = (name: keyof typeof WORDS): string => escapeHtml(WORDS[name][language]);
  return `<p>${word('hint')}</p>
<form method="post" action="?lang=${language}" autocomplete="off">
<fieldset><legend>${word('decision')}</legend>
<label><input type="radio" name="decision" value="approve"> ${word('approve')}</label>
<label><input type="radio" name="decision" value="decline"> ${word('decline')}</label>
</fieldset>
<label>${word('why')}<textarea name="reason" rows="3" maxlength="2000"></textarea></label>
<label>${word('code')}<input type="text" name="code" inputmode="numeric" autocomplete="off" maxlength="6"></label>
<button type="submit">${word('submit')}</button>
</form>`;
};
