import type { Request } from 'express';
import type { z as Zod } from 'zod';
import { Problem, type FieldError } from '../problems';
import { z } from '../schemas/zod';
import type { Language } from '../types';

type Issue = Zod.core.$ZodIssue;

/** Words for the issues that our own schemas raise; the others are worded by zod in the reader's language. */
const FIELD_MESSAGES: Record<string, Record<Language, string>> = {
  required: { en: 'This field is required.', 'zh-CN': '此字段为必填。' },
  unknown_field: { en: 'This field is not known here.', 'zh-CN': '未知字段。' },
  unknown_currency: {
    en: 'Use a current ISO 4217 code in capital letters, such as CNY.',
    'zh-CN': '请使用现行的 ISO 4217 大写代码，例如 CNY。',
  },
  invalid_id: {
    en: 'This is not an id: no control characters, no blanks at the ends.',
    'zh-CN': '编号无效：不得含控制字符或首尾空格。',
  },
  empty_text: { en: 'Write something here.', 'zh-CN': '请填写内容。' },
  too_short: { en: 'The text is too short.', 'zh-CN': '文本过短。' },
  control_characters: { en: 'The text holds control characters.', 'zh-CN': '文本含有控制字符。' },
  card_number_in_text: { en: 'Remove what looks like a card number.', 'zh-CN': '请删除疑似银行卡号的内容。' },
  invalid_iban: { en: 'This is no valid IBAN; check each character.', 'zh-CN': 'IBAN 无效，请逐字核对。' },
  invalid_bic: { en: 'This is no valid BIC.', 'zh-CN': 'BIC 无效。' },
  invalid_account_number: {
    en: 'Letters and digits only, and not that many.',
    'zh-CN': '只能包含字母和数字，且长度受限。',
  },
  country_differs: { en: 'The IBAN is of another country.', 'zh-CN': 'IBAN 属于其他国家。' },
  bank_missing: { en: 'Name the bank: its code or its BIC.', 'zh-CN': '请填写银行行号或 BIC。' },
  one_of: { en: 'Give exactly one of the two.', 'zh-CN': '两者必须且只能填写一项。' },
  duplicate_id: { en: 'Another element has the same id.', 'zh-CN': '存在重复的编号。' },
  above_total: {
    en: 'This amount is above the total that it is part of.',
    'zh-CN': '该金额超过其所属的总额。',
  },
  too_large: { en: 'The amount is too large.', 'zh-CN': '金额过大。' },
  currency_differs: {
    en: 'The currency differs from that of the order.',
    'zh-CN': '币种与订单币种不一致。',
  },
  invalid_rate: {
    en: 'A rate is a decimal text above zero, such as 7.1935, with at most 12 digits before and behind the point.',
    'zh-CN': '汇率应为大于零的十进制文本，例如 7.1935，小数点前后各不超过 12 位。',
  },
  ends_before_it_begins: { en: 'It ends before it begins.', 'zh-CN': '结束时间早于开始时间。' },
  too_many_keys: { en: 'There are too many keys.', 'zh-CN': '键过多。' },
  reason_required: { en: 'A reason is required for this decision.', 'zh-CN': '此决定必须填写理由。' },
  period_empty: { en: 'The period ends before it begins.', 'zh-CN': '期间的结束早于开始。' },
  period_not_over: {
    en: 'The period is not over: choose an end that lies at least 30 seconds in the past.',
    'zh-CN': '期间尚未结束：结束时间须至少早于当前 30 秒。',
  },
  period_too_long: { en: 'The period is longer than 366 days.', 'zh-CN': '期间超过 366 天。' },
  nothing_given: { en: 'Give at least one of the fields.', 'zh-CN': '请至少填写一个字段。' },
};

const zodWords: Record<Language, Zod.core.$ZodErrorMap> = {
  en: z.locales.en().localeError,
  'zh-CN': z.locales.zhCN().localeError,
};

function codeOf(issue: Issue): string {
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string') return issue.params['code'];
  if (issue.code === 'invalid_type') return issue.message === REQUIRED ? 'required' : 'wrong_type';
  if (issue.message in FIELD_MESSAGES) return issue.message;
  return issue.code;
}

/** Marks a missing value while parsing: an issue that has left zod no longer knows its input. */
const REQUIRED = 'required';

function fieldErrors(issues: readonly Issue[], language: Language): FieldError[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => fieldError([...path, key], 'unknown_field', language));
    }
    return [fieldError(path, codeOf(issue), language, issue.message)];
  });
}

const fieldError = (path: string[], code: string, language: Language, message = code): FieldError => ({
  path: path.join('.'),
  code,
  message: FIELD_MESSAGES[code]?.[language] ?? message,
});

/** A refusal of one field that only the route can judge; `code` is one of FIELD_MESSAGES. */
export const fieldProblem = (path: string, code: string, language: Language): Problem =>
  new Problem('invalid_request', { errors: [fieldError([path], code, language)] });

/**
 * Parses a value with a schema.
 * @throws Problem card_number_in_text when any text holds one, else invalid_request; both with `errors`, and neither
 *   repeats what was sent.
 */
export function parseInput<T extends Zod.ZodType>(schema: T, value: unknown, language: Language): Zod.output<T> {
  const parsed = schema.safeParse(value, {
    error: (issue) =>
      issue.code === 'invalid_type' && issue.input === undefined ? REQUIRED : zodWords[language](issue),
  });
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error.issues, language);
  const hasCardNumber = errors.some((error) => error.code === 'card_number_in_text');
  throw new Problem(hasCardNumber ? 'card_number_in_text' : 'invalid_request', { errors });
}

/** The JSON body by its schema; a body of another type is told which type is expected. See parseInput. */
export function parseBody<T extends Zod.ZodType>(schema: T, req: Request): Zod.output<T> {
  requireJson(req);
  return parseInput(schema, req.body, req.language);
}

/** The query string by its schema; a parameter given twice is refused. See parseInput. */
export const parseQuery = <T extends Zod.ZodType>(schema: T, req: Request): Zod.output<T> =>
  parseInput(schema, req.query, req.language);

/** The parameters of the path by their schema. See parseInput. */
export const parseParams = <T extends Zod.ZodType>(schema: T, req: Request): Zod.output<T> =>
  parseInput(schema, req.params, req.language);

/** @throws Problem unsupported_media_type unless the request has a JSON body */
export function requireJson(req: Request): void {
  if (!req.is(['application/json', 'application/*+json'])) {
    throw new Problem('unsupported_media_type', { params: { expected: 'application/json' } });
  }
}
