import { FAILURE_CLASSES, FAILURE_RULES, HOLD_REASONS, HOLD_RULES } from '../../../domain/payment';
import { CUSTOMER_MESSAGES, STAFF_MESSAGES, type MessageKind } from '../../../domain/refund';
import { renderEmail, type MessageView } from '../../../integrations/messaging';

const KINDS: MessageKind[] = [...CUSTOMER_MESSAGES, ...STAFF_MESSAGES];
const LOCALES = ['en', 'zh-CN'] as const;
const EVERY_LETTER = KINDS.flatMap((kind) => LOCALES.map((locale) => [kind, locale] as const));

/** Texts of both languages that would be read as markup or as a template, were they not escaped. */
const full: MessageView = {
  recipientName: `<b>L&H</b> "李" 'x'`,
  shopName: '乐购 & Co <Shop>',
  refundId: 'rf_01',
  orderExternalId: 'A<1>&2',
  amount: '1,299.00 元',
  requestedAmount: '1,499.00 元',
  stageLabel: '复审 <second>',
  dueText: '2026-11-03 18:00',
  arrivalFromText: '2026-11-04',
  arrivalToText: '2026-11-11',
  traceNumber: '74000000000000000000001',
  statusUrl: 'https://shop.example/refunds/rf_01?a=1&b=2',
  decisionCode: '012345',
  appealUntilText: '2026-11-20 18:00',
  afterAppeal: false,
  messageToCustomer: 'Please see {{this}}\n<script>alert(1)</script>',
  goodwillText: '50.00 元（致歉补偿 <x>）',
  goodwillUnpaidText: '20.00 元',
  deductionsText: 'Restocking fee: CNY 50.00 (<opened>)\nReturn shipping: CNY 12.00 (own label)',
  clauseText: '第 25 条 <七日无理由退货>',
  paymentState: 'unknown',
  failureText: '卡已注销 <card> & closed',
  returnedAmount: '300.00 元',
  returnedGoodwill: null,
  paidAmount: '500.00 元',
  deskKind: 'payment_unresolved',
};

const bare: MessageView = {
  ...full,
  requestedAmount: null,
  stageLabel: null,
  dueText: null,
  arrivalFromText: null,
  arrivalToText: null,
  traceNumber: null,
  statusUrl: null,
  decisionCode: null,
  appealUntilText: null,
  afterAppeal: false,
  messageToCustomer: null,
  deductionsText: null,
  goodwillText: null,
  goodwillUnpaidText: null,
  clauseText: null,
  paymentState: null,
  failureText: null,
  returnedAmount: null,
  returnedGoodwill: null,
  paidAmount: null,
  deskKind: null,
};

/** A view without a letter of either script, so that what remains is the template's own. */
const neutral: MessageView = Object.fromEntries(
  Object.entries(bare).map(([name, value]) => [name, value === null ? null : '1']),
) as unknown as MessageView;

const visible = (html: string): string => html.replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ');

describe.each(EVERY_LETTER)('%s in %s', (kind, locale) => {
  test.each([
    ['with everything', full],
    ['with the least', bare],
  ])('%s: nothing is left open, in subject, text and HTML', (_what, view) => {
    const { subject, text, html } = renderEmail(kind, locale, view);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(subject.length).toBeGreaterThan(5);
    for (const part of [subject, text, visible(html)]) {
      expect(part.replace('{{this}}', '')).not.toMatch(/\{\{|\}\}|undefined|\bnull\b|\[object|NaN/);
      expect(part.trim()).not.toBe('');
    }
    expect(text).toContain('rf_01');
    expect(html).toContain('rf_01');
    expect(text).not.toMatch(/\n{4,}/);
  });

  test('values are escaped in HTML and plain in text', () => {
    const { text, html } = renderEmail(kind, locale, full);
    expect(html).not.toMatch(/<script>|<b>|<Shop>|<second>|<1>|<七日/);
    expect(html).toContain('&lt;b&gt;L&amp;H&lt;/b&gt;');
    expect(html).toContain('乐购 &amp; Co &lt;Shop&gt;');
    expect(text).toContain(`<b>L&H</b> "李" 'x'`);
    expect(text).not.toMatch(/&lt;|&amp;|&quot;|&#x/);
    expect(text).toContain('https://shop.example/refunds/rf_01?a=1&b=2');
    expect(html).toContain('href="https://shop.example/refunds/rf_01?a&#x3D;1&amp;b&#x3D;2"');
  });

  test('is written in its language alone', () => {
    const { subject, text, html } = renderEmail(kind, locale, neutral);
    const body = `${subject}\n${text}\n${visible(html)}`;
    expect(html).toContain(`<html lang="${locale}">`);
    if (locale === 'en') expect(body).not.toMatch(/[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]/);
    else {
      expect(body).not.toMatch(/[A-Za-z]{2,}/);
      expect(subject).toMatch(/[\u4e00-\u9fff]/);
      expect(body.replace(/https?:\S*/g, '')).not.toMatch(/[\u4e00-\u9fff][,;:()]/);
    }
  });

  test('reads on a phone: one column, styles inline, nothing fetched', () => {
    const { html } = renderEmail(kind, locale, full);
    expect(html).toContain('width=device-width');
    expect(html).toContain('max-width:600px');
    expect(html).not.toMatch(/<img|<link|<style|@import|url\(/);
  });
});

describe('letters say what is true', () => {
  const textOf = (kind: MessageKind, locale: 'en' | 'zh-CN', view: MessageView = full): string => {
    const { subject, text } = renderEmail(kind, locale, view);
    return `${subject}\n${text}`;
  };

  test('approved does not say paid', () => {
    expect(textOf('refund_approved', 'en')).toMatch(/has not been sent yet/);
    expect(textOf('refund_approved', 'en')).not.toMatch(/\bpaid\b|on its way|has been sent\b/);
    expect(textOf('refund_approved', 'zh-CN')).toMatch(/尚未汇出/);
    expect(textOf('refund_approved', 'zh-CN')).not.toMatch(/已付款|已汇出|到账/);
  });

  test('paid names the confirmation, the dates and the number for the bank', () => {
    for (const locale of LOCALES) {
      const text = textOf('refund_paid', locale);
      expect(text).toMatch(/provider has confirmed|支付机构已确认/);
      expect(text).toContain('2026-11-04');
      expect(text).toContain('2026-11-11');
      expect(text).toContain('74000000000000000000001');
      expect(text).not.toMatch(/has arrived|已到账/);
    }
  });

  test('a delay admits what is not known, and a failure is not called unknown', () => {
    expect(textOf('payment_delayed', 'en')).toMatch(/do not know yet/);
    expect(textOf('payment_delayed', 'zh-CN')).toMatch(/还不知道/);
    expect(textOf('payment_delayed', 'en', { ...full, paymentState: 'failed' })).not.toMatch(/do not know/);
    const noReason: MessageView = { ...full, paymentState: 'failed', failureText: null };
    expect(textOf('payment_delayed', 'en', noReason)).toMatch(/could not carry out/);
    expect(textOf('payment_delayed', 'zh-CN', noReason)).toMatch(/未能完成/);
  });

  test('a failure says why, in the words meant for customers', () => {
    for (const failureClass of FAILURE_CLASSES)
      for (const locale of LOCALES) {
        const failureText = FAILURE_RULES[failureClass].customer[locale];
        expect(textOf('payment_delayed', locale, { ...full, paymentState: 'failed', failureText })).toContain(
          failureText,
        );
        expect(textOf('payment_delayed', locale, { ...full, failureText })).not.toContain(failureText);
      }
  });

  test('on hold and disputed say that nothing has been sent, and why, in the words meant for customers', () => {
    for (const reason of HOLD_REASONS)
      for (const locale of LOCALES) {
        const failureText = HOLD_RULES[reason].customer[locale];
        expect(textOf('refund_on_hold', locale, { ...full, failureText })).toContain(failureText);
      }
    expect(textOf('refund_on_hold', 'en')).toMatch(/has not been sent yet/);
    expect(textOf('refund_on_hold', 'zh-CN')).toMatch(/尚未汇出/);
    expect(textOf('refund_disputed', 'en')).toMatch(/While it is open we send no money/);
    expect(textOf('refund_disputed', 'zh-CN')).toMatch(/暂不支付/);
    // It may not be approved yet.
    expect(textOf('refund_disputed', 'en')).not.toMatch(/approved|has been sent/);
    expect(textOf('refund_disputed', 'zh-CN')).not.toMatch(/批准|已汇出/);
  });

  test('declined tells what the reviewer wrote for the customer, and the clause', () => {
    for (const locale of LOCALES) {
      expect(textOf('refund_declined', locale)).toContain('Please see {{this}}');
      expect(textOf('refund_declined', locale)).toContain('第 25 条');
    }
  });

  test('what is kept back is named with its reason wherever the amount after it is', () => {
    for (const locale of LOCALES)
      for (const kind of ['refund_received', 'refund_approved', 'refund_paid'] as const) {
        const text = textOf(kind, locale);
        expect(text).toMatch(/what remains after these deductions|已扣除以下款项/);
        expect(text).toContain('Restocking fee: CNY 50.00 (<opened>)\nReturn shipping: CNY 12.00 (own label)');
        expect(textOf(kind, locale, bare)).not.toMatch(/deductions|扣除/);
      }
  });

  test('goodwill is named beside the amount once it is approved', () => {
    for (const locale of LOCALES) {
      for (const kind of ['refund_approved', 'refund_paid'] as const) {
        expect(textOf(kind, locale)).toContain('50.00 元（致歉补偿 <x>）');
        expect(textOf(kind, locale, bare)).not.toMatch(/In addition|此外/);
      }
      expect(textOf('refund_received', locale)).not.toContain('致歉补偿');
    }
  });

  test('goodwill that could not be paid is not announced, and is told apart', () => {
    for (const locale of LOCALES) {
      const text = textOf('refund_paid', locale, { ...full, goodwillText: null });
      expect(text).toMatch(/could not pay that|未能付出/);
      expect(text).not.toMatch(/In addition|此外/);
      expect(textOf('refund_paid', locale, { ...full, goodwillUnpaidText: null })).not.toMatch(
        /could not pay|未能付出/,
      );
    }
  });

  test('a return says how much came back: a part, the whole, or what was given beside it', () => {
    for (const locale of LOCALES) {
      expect(textOf('refund_returned', locale)).toMatch(/300\.00 元 of it|其中的 300\.00 元/);
      expect(textOf('refund_returned', locale, bare)).toMatch(/sent the money back|已将款项退回/);
      const gift = textOf('refund_returned', locale, { ...bare, returnedGoodwill: '20.00 元' });
      expect(gift).toContain('20.00 元');
      expect(gift).toMatch(/refund itself is not concerned|退款本身不受影响/);
      expect(gift).not.toMatch(/We had sent your refund|我们已汇出您对订单/);
    }
  });

  test('what was paid before the rest was given up is promised; where nothing was, the case is closed', () => {
    for (const locale of LOCALES) {
      expect(textOf('refund_given_up', locale)).toContain('2026-11-11');
      expect(textOf('refund_given_up', locale)).not.toMatch(/closed this case|结束本次处理/);
      expect(textOf('refund_given_up', locale, { ...full, paidAmount: null })).not.toContain('2026-11-11');
    }
  });

  test('a partial approval names both amounts', () => {
    for (const locale of LOCALES) {
      expect(textOf('refund_approved', locale)).toContain('1,299.00 元');
      expect(textOf('refund_approved', locale)).toContain('1,499.00 元');
      expect(textOf('refund_approved', locale, bare)).not.toContain('1,499.00 元');
    }
  });
});

test('a link that is no web address is left out', () => {
  const { html, text } = renderEmail('refund_paid', 'en', { ...full, statusUrl: 'javascript:alert(1)' });
  expect(html + text).not.toContain('javascript:');
});

test('a line break in a name does not reach the subject or the greeting', () => {
  const { subject, text } = renderEmail('refund_paid', 'en', {
    ...full,
    recipientName: 'Li\r\nBcc: x',
    amount: '1\r\n2',
  });
  expect(subject).not.toMatch(/[\r\n]/);
  expect(text.startsWith('Dear Li Bcc: x,\n')).toBe(true);
});

test('a view that lacks a value throws instead of leaving a gap', () => {
  const { amount: _left, ...rest } = full;
  expect(() => renderEmail('refund_paid', 'en', rest as MessageView)).toThrow(/amount/);
});
