import { PROBLEMS, type ProblemCode } from './problem-catalogue';
import type { Language } from './types';

export { PROBLEMS, type ProblemCode } from './problem-catalogue';

/** What is wrong with one field of a request. `path` is dotted from the body's or the query's root. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** A value for a placeholder; words come in both languages. */
export type ProblemParam = string | number | Record<Language, string>;

export interface ProblemOptions {
  /** Fills the {placeholders} of the catalogue's detail. */
  params?: Record<string, ProblemParam>;
  /** Members beside the standard ones, for machines: refundableMinor, differences … */
  extra?: Record<string, unknown>;
  errors?: FieldError[];
  retryAfterSeconds?: number;
}

/** A refusal that the caller is told as problem+json (RFC 9457). Thrown anywhere below the error handler. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(fill(PROBLEMS[code].detail.en, options.params, 'en'));
    this.status = PROBLEMS[code].status;
  }
}

const fill = (template: string, params: ProblemOptions['params'] = {}, language: Language): string =>
  template.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : placeholder;
    return typeof value === 'object' ? value[language] : String(value);
  });

/** The body of a problem in the reader's language. `instance` is the path without the query. */
export function renderProblem(
  problem: Problem,
  context: { language: Language; requestId: string; instance: string },
): Record<string, unknown> {
  const entry = PROBLEMS[problem.code];
  const { errors, extra, params } = problem.options;
  return {
    ...extra,
    type: `/docs/problems#${problem.code}`,
    title: entry.title[context.language],
    status: entry.status,
    detail: fill(entry.detail[context.language], params, context.language),
    instance: context.instance,
    code: problem.code,
    requestId: context.requestId,
    ...(errors ? { errors } : {}),
  };
}
