import { formatAmount } from '../domain/money';
import type { PolicyDocument, PolicyState } from '../domain/policy';
import { escapeHtml } from './docs-pages';
import { roleName } from './role-names';
import type { Language } from './types';

export interface PolicyPage {
  policy: PolicyDocument;
  state: PolicyState;
  /** SHA-256 of the document: what a contract may quote. */
  hash: string;
  /** When a later version of the policy takes its place, or null. */
  until: string | null;
  /** Permanent address, without a query. */
  url: string;
}

type Words = Record<Language, string>;

const WORDS = {
  title: { en: 'Refund policy', 'zh-CN': '退款政策' },
  version: { en: 'Version ', 'zh-CN': '版本：' },
  from: { en: 'In force from ', 'zh-CN': '生效时间：' },
  until: { en: 'until ', 'zh-CN': '失效时间：' },
  fingerprint: { en: 'Fingerprint of the text (SHA-256)', 'zh-CN': '文本指纹（SHA-256）' },
  reasons: { en: 'Reasons for a refund', 'zh-CN': '退款原因' },
  reason: { en: 'Reason', 'zh-CN': '原因' },
  description: { en: 'Description', 'zh-CN': '说明' },
  evidence: { en: 'Photos or documents', 'zh-CN': '照片或文件' },
  notRefundable: { en: 'What cannot be refunded', 'zh-CN': '不予退款的情形' },
  forReasons: { en: 'For: ', 'zh-CN': '适用原因：' },
  colon: { en: ': ', 'zh-CN': '：' },
  comma: { en: ', ', 'zh-CN': '，' },
  stop: { en: '. ', 'zh-CN': '。' },
  nothing: { en: 'Nothing is excluded.', 'zh-CN': '无。' },
  deductions: { en: 'What may be kept back', 'zh-CN': '可扣除的费用' },
  noDeductions: { en: 'Nothing is kept back.', 'zh-CN': '不扣除任何费用。' },
  upTo: { en: 'up to', 'zh-CN': '最高' },
  shipping: { en: 'Shipping ', 'zh-CN': '运费' },
  decides: { en: 'Who decides, and by when', 'zh-CN': '审批环节与时限' },
  total: { en: 'Refunds of the order together', 'zh-CN': '订单退款总额' },
  above: { en: 'above', 'zh-CN': '高于' },
  other: { en: 'Any other currency', 'zh-CN': '其他币种' },
  stages: { en: 'Stages', 'zh-CN': '环节' },
  stage: { en: 'Stage', 'zh-CN': '环节' },
  responsible: { en: 'Responsible', 'zh-CN': '负责角色' },
  due: { en: 'Due after', 'zh-CN': '时限' },
  dutiesOff: {
    en: 'Duties are not separated: one person may ask for a refund and decide it.',
    'zh-CN': '未启用职责分离：同一人可以申请退款并审批。',
  },
  automatic: { en: 'Approved at once by the machine, without a person', 'zh-CN': '由系统立即批准，无需人工审批' },
  special: { en: 'Special cases, looked at first', 'zh-CN': '特殊情形（优先适用）' },
  arrival: { en: 'When the money arrives', 'zh-CN': '到账时间' },
  method: { en: 'Paid by', 'zh-CN': '支付方式' },
  afterPayment: { en: 'After the payment', 'zh-CN': '付款后' },
} as const satisfies Record<string, Words>;

const EVIDENCE: Record<PolicyDocument['reasonCodes'][number]['evidence'], Words> = {
  none: { en: 'not needed', 'zh-CN': '无需提供' },
  optional: { en: 'helpful', 'zh-CN': '建议提供' },
  required: { en: 'required', 'zh-CN': '必须提供' },
};

const SHIPPING: Record<PolicyDocument['amounts']['shipping'], Words> = {
  none: { en: 'is not refunded with goods.', 'zh-CN': '不随商品退还。' },
  proportional: { en: 'is refunded in proportion to the goods.', 'zh-CN': '按商品比例退还。' },
  full_on_complete_return: {
    en: 'is refunded in full when everything goes back.',
    'zh-CN': '全部退货时全额退还。',
  },
};

const METHODS: Record<keyof PolicyDocument['arrival'], Words> = {
  bank_card: { en: 'bank card', 'zh-CN': '银行卡' },
  alipay: { en: 'Alipay', 'zh-CN': '支付宝' },
  wechat_balance: { en: 'WeChat Pay balance', 'zh-CN': '微信零钱' },
  wechat_bank_card: { en: 'WeChat Pay with a bank card', 'zh-CN': '微信支付（银行卡）' },
  bank_account: { en: 'bank transfer', 'zh-CN': '银行转账' },
};

const STATES: Record<PolicyState, Words> = {
  draft: { en: 'draft', 'zh-CN': '草稿' },
  in_review: { en: 'in review', 'zh-CN': '审核中' },
  scheduled: { en: 'will be in force', 'zh-CN': '即将生效' },
  in_force: { en: 'in force', 'zh-CN': '现行有效' },
  retired: { en: 'no longer in force for new requests', 'zh-CN': '对新申请不再适用' },
};

/** A published version as customers and contracts read it, in one language with a link to the other. */
export function policyHtml({ policy, state, hash, until, url }: PolicyPage, language: Language): string {
  const say = (words: Words): string => escapeHtml(words[language]);
  const word = (name: keyof typeof WORDS): string => say(WORDS[name]);
  const row = (...cells: string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  const table = (head: string[], rows: string[]): string =>
    `<div class="scroll"><table><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  const list = (items: string[]): string => `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
  const other: Language = language === 'en' ? 'zh-CN' : 'en';
  const workingDays = (from: number, to = from): string => {
    const range = from === to ? String(to) : `${from}–${to}`;
    return language === 'en' ? `${range} working day${to === 1 ? '' : 's'}` : `${range} 个工作日`;
  };
  const characters = (count: number): string =>
    count === 0 ? '–' : language === 'en' ? `at least ${count} characters` : `不少于 ${count} 字`;
  const stageNames = (ids: string[]): string =>
    policy.stages.flatMap(({ id, label }) => (ids.includes(id) ? [say(label)] : [])).join(' → ');
  const reasonNames = (codes: string[]): string =>
    policy.reasonCodes
      .flatMap(({ code, label }) => (codes.includes(code) ? [say(label)] : []))
      .join(language === 'en' ? ', ' : '、');
  const when = (iso: string): string =>
    `<time datetime="${iso}">${new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(iso))} UTC</time>`;
  const limits = (maxMinor: Record<string, number>): string =>
    Object.entries(maxMinor)
      .map(([currency, minor]) => `${word('upTo')} ${escapeHtml(formatAmount(minor, currency, language))}`)
      .join(word('comma'));
  const all = policy.stages.map(({ id }) => id);
  const { amounts } = policy;

  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${word('title')} ${escapeHtml(policy.name)}@${policy.version}</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<p class="top"><a href="?lang=${other}" hreflang="${other}" lang="${other}">${other === 'en' ? 'English' : '中文'}</a></p>
<h1>${word('title')}</h1>
<p>${word('version')}<code>${escapeHtml(policy.name)}@${policy.version}</code>${word('comma')}<strong>${say(STATES[state])}</strong>${word('stop')}${word('from')}${when(policy.effectiveFrom)}${until === null ? '' : `${word('comma')}${word('until')}${when(until)}`}${word('stop')}</p>
<h2>${word('reasons')}</h2>
${table(
  [word('reason'), word('description'), word('evidence')],
  policy.reasonCodes.map((reason) =>
    row(say(reason.label), characters(reason.minDescriptionLength), say(EVIDENCE[reason.evidence])),
  ),
)}
<h2>${word('notRefundable')}</h2>
${
  policy.ineligible.length === 0
    ? `<p>${word('nothing')}</p>`
    : list(
        policy.ineligible.map(
          ({ texts, reasonCodes }) =>
            `${say(texts)}${reasonCodes === 'any' ? '' : ` <span class="status">${word('forReasons')}${reasonNames(reasonCodes)}</span>`}`,
        ),
      )
}
<h2>${word('deductions')}</h2>
${
  amounts.deductions.length === 0
    ? `<p>${word('noDeductions')}</p>`
    : list(
        amounts.deductions.map(
          ({ label, maxPercent }) => `${say(label)}${word('colon')}${word('upTo')} ${maxPercent}%`,
        ),
      )
}
<p>${word('shipping')}${say(SHIPPING[amounts.shipping])}</p>
<h2>${word('decides')}</h2>
${policy.separationOfDuties === 'off' ? `<p><strong>${word('dutiesOff')}</strong></p>` : ''}
${policy.routes.length === 0 ? '' : `<h3>${word('special')}</h3>${list(policy.routes.map(({ label, stageIds }) => `${say(label)}${word('colon')}${stageNames(stageIds)}`))}`}
${policy.automaticApprovals.length === 0 ? '' : `<h3>${word('automatic')}</h3>${list(policy.automaticApprovals.map(({ label, maxMinor }) => `${say(label)}${word('colon')}${limits(maxMinor)}`))}`}
${table(
  [word('total'), word('stages')],
  [
    ...Object.entries(policy.thresholds).flatMap(([currency, tiers]) =>
      tiers.map(({ upToMinor, stageIds }, index) => {
        const limitMinor = upToMinor ?? tiers[index - 1]?.upToMinor ?? null;
        const limit = limitMinor === null ? null : escapeHtml(formatAmount(limitMinor, currency, language));
        return row(
          limit === null ? escapeHtml(currency) : `${word(upToMinor === null ? 'above' : 'upTo')} ${limit}`,
          stageNames(stageIds),
        );
      }),
    ),
    row(word('other'), stageNames(all)),
  ],
)}
${table(
  [word('stage'), word('responsible'), word('due')],
  policy.stages.map(({ label, role, clock }) =>
    row(say(label), say(roleName(role)), workingDays(clock.dueBusinessDays)),
  ),
)}
<h2>${word('arrival')}</h2>
${table(
  [word('method'), word('afterPayment')],
  Object.entries(METHODS).map(([method, words]) => {
    const { fromWorkingDays, toWorkingDays } = policy.arrival[method as keyof typeof METHODS];
    return row(say(words), workingDays(fromWorkingDays, toWorkingDays));
  }),
)}
<p class="status">${word('fingerprint')}${word('colon')}<code>${hash}</code><br><a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>
</body>
</html>
`;
}
