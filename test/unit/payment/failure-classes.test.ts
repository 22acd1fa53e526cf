import { FAILURE_CLASSES, FAILURE_RULES, isFailureClass, type FailureClass } from '../../../domain/payment';
import { ROLES } from '../../../domain/people';
import { CLASS_OF_CODE as ALIPAY } from '../../../integrations/payments/alipay/verdict';
import {
  classOfReason,
  CODES_BY_CLASS,
  isDuplicateReason,
} from '../../../integrations/payments/bank-transfer/reason-codes';
import { CLASS_OF_REASON as STRIPE_REASONS } from '../../../integrations/payments/stripe/refund-facts';
import { CLASS_OF_CODE as STRIPE_CODES } from '../../../integrations/payments/stripe/verdict';
import { outcomeOf } from '../../../integrations/payments/wechat-pay/refund-facts';
import { CLASS_OF_CODE as WECHAT_PAY } from '../../../integrations/payments/wechat-pay/verdict';

/** The classes that the product promises, written out once more: one that goes missing is noticed. */
const PROMISED: FailureClass[] = [
  'wrong_account_details',
  'account_frozen_or_closed',
  'card_expired_or_lost',
  'insufficient_merchant_funds',
  'provider_maintenance',
  'network',
  'rate_limited',
  'interface_changed',
  'window_passed',
  'disputed',
  'refused_by_review',
  'withdrawn',
  'unknown',
];

test('every promised class has a rule, and there is no other', () => {
  expect([...FAILURE_CLASSES].toSorted()).toEqual(PROMISED.toSorted());
  for (const failureClass of PROMISED) expect(isFailureClass(failureClass)).toBe(true);
  for (const other of ['toString', '', 'card', null, 7]) expect(isFailureClass(other)).toBe(false);
});

test.each(PROMISED)('%s has an owner, a next action and words for staff and customers in both languages', (name) => {
  const rule = FAILURE_RULES[name];
  expect(ROLES).toContain(rule.ownerRole);
  expect(rule.nextAction).toMatch(/^[a-z_]+$/);
  for (const words of [rule.staff, rule.customer]) {
    expect(words.en).toMatch(/^[A-Z][^\u3000-\u9fff]{20,}\.$/);
    expect(words['zh-CN']).toMatch(/[\u4e00-\u9fff].*。$/);
    expect(words['zh-CN']).not.toMatch(/[A-Za-z]{2,}/);
  }
});

test('customers read nothing internal and no promise that nobody can keep', () => {
  for (const { customer } of Object.values(FAILURE_RULES)) {
    expect(customer.en).not.toMatch(/interface|signature|parameter|API|code|balance|top up|guarantee|within/i);
    expect(customer['zh-CN']).not.toMatch(/接口|签名|参数|余额|充值|保证/);
  }
});

test('only what is transient or unproven may be repeated under its reference', () => {
  const repeatable = PROMISED.filter((name) => FAILURE_RULES[name].sameReference);
  expect(repeatable).toEqual([
    'insufficient_merchant_funds',
    'provider_maintenance',
    'network',
    'rate_limited',
    'interface_changed',
    'unknown',
  ]);
});

/** What the providers document that a refund can meet; what asks for a repetition is judged before the tables. */
const DOCUMENTED: [provider: string, table: Readonly<Record<string, FailureClass>>, codes: string[]][] = [
  [
    'stripe, codes',
    STRIPE_CODES,
    (
      'charge_already_refunded charge_disputed refund_disputed_payment charge_not_refundable balance_insufficient ' +
      'insufficient_funds expired_card account_closed account_invalid resource_missing parameter_missing ' +
      'parameter_unknown parameter_invalid_empty parameter_invalid_integer invalid_amount amount_too_large ' +
      'amount_too_small api_key_expired livemode_mismatch'
    ).split(' '),
  ],
  [
    'stripe, failure_reason',
    STRIPE_REASONS,
    (
      'lost_or_stolen_card expired_or_canceled_card charge_for_pending_refund_disputed insufficient_funds declined ' +
      'merchant_request unknown failed canceled'
    ).split(' '),
  ],
  [
    'alipay',
    ALIPAY,
    (
      'INVALID_PARAMETER SELLER_BALANCE_NOT_ENOUGH REFUND_AMT_NOT_EQUAL_TOTAL REASON_TRADE_BEEN_FREEZEN TRADE_NOT_EXIST ' +
      'TRADE_HAS_FINISHED TRADE_STATUS_ERROR DISCORDANT_REPEAT_REQUEST REASON_TRADE_REFUND_FEE_ERR ' +
      'TRADE_NOT_ALLOW_REFUND REFUND_FEE_ERROR TRADE_HAS_CLOSE BUYER_NOT_EXIST BUYER_ENABLE_STATUS_FORBID ' +
      'REASON_TRADE_STATUS_INVALID NOT_ALLOW_PARTIAL_REFUND ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND BUYER_ERROR ' +
      'CURRENCY_NOT_SUPPORT ALLOC_AMOUNT_VALIDATE_ERROR USER_NOT_MATCH_ERR TRADE_SETTLE_ERROR REFUND_CHARGE_ERROR ' +
      'ENTERPRISE_PAY_BIZ_ERROR OVERDRAFT_ASSIGN_ACCOUNT_INVALID OVERDRAFT_AGREEMENT_NOT_MATCH ' +
      'REFUND_ACCOUNT_NOT_EXIST CUSTOMER_VALIDATE_ERROR REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST ' +
      'REFUNDALLOC_UNAUTH_LIMIT'
    ).split(' '),
  ],
  [
    'wechat_pay',
    WECHAT_PAY,
    (
      'NOT_ENOUGH PARAM_ERROR MCH_NOT_EXISTS RESOURCE_NOT_EXISTS SIGN_ERROR INVALID_REQUEST NO_AUTH ' +
      'USER_ACCOUNT_ABNORMAL'
    ).split(' '),
  ],
];

test.each(DOCUMENTED)('%s: every documented code stands in the table, on purpose', (_provider, table, codes) => {
  expect(codes.filter((code) => !Object.hasOwn(table, code))).toEqual([]);
  for (const failureClass of Object.values(table)) expect(isFailureClass(failureClass)).toBe(true);
});

test('bank transfer: every reason that names a cause has one class, and repetitions have none', () => {
  const listed = Object.entries(CODES_BY_CLASS).flatMap(([failureClass, codes]) =>
    codes.split(' ').map((code) => [code, failureClass] as const),
  );
  expect(new Set(listed.map(([code]) => code)).size).toBe(listed.length);
  for (const [code, failureClass] of listed) {
    expect(code).toMatch(/^[A-Z]{2}[A-Z0-9]{2}$/);
    expect(classOfReason(code)).toBe(failureClass);
    expect(isDuplicateReason(code)).toBe(false);
  }
  const documented =
    'AC01 AC03 AC04 AC06 AC14 AG01 AM04 BE04 CUST FF01 FOCR FR01 LEGL MD07 MS02 MS03 NARR RC01 RR04 TM01';
  expect(documented.split(' ').filter((code) => !listed.some(([known]) => known === code))).toEqual([]);
});

test('a code that nobody has documented is unknown: a person looks', () => {
  expect(classOfReason('ZZ99')).toBe('unknown');
  expect(outcomeOf('SOMETHING_NEW')).toMatchObject({ outcome: 'unknown', failure: { class: 'interface_changed' } });
});
