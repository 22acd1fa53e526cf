import {
  Environment,
  EvaluationError,
  ParseError,
  TypeError as CelTypeError,
  type ASTNode,
} from '@marcbachmann/cel-js';
import type { ConditionFacts } from './condition-facts';
import { quickAnswerOf, type QuickAnswer } from './quick-answer';

export type { ConditionFacts };

/** What is wrong with a condition, where in its text it begins (line and column from 1), in words for its author. */
export interface ConditionProblem {
  line: number;
  column: number;
  why: string;
}

/** `failed`: the facts have not what it asks for. Nothing may be decided by a machine on such an answer. */
export type ConditionAnswer = boolean | 'failed';

/** Long enough for a rule that a person can still read. */
export const MAX_CONDITION_LENGTH = 1000;

const LIMITS = { maxAstNodes: 200, maxDepth: 16, maxListElements: 200, maxMapEntries: 0, maxCallArguments: 4 };

/** Facts that the language knows by their class, so that it takes them as they are and copies none for each condition. */
class Known {
  constructor(facts: object) {
    Object.assign(this, facts);
  }
}
class RefundFacts extends Known {}
class OrderFacts extends Known {}
class LineFacts extends Known {}
class PaymentFacts extends Known {}
class CustomerFacts extends Known {}
class RiskFacts extends Known {}
class ListFacts extends Known {}

const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS })
  .registerType('Line', { ctor: LineFacts, fields: { category: 'string', attributes: 'map<string, dyn>' } })
  .registerType('Payment', { ctor: PaymentFacts, fields: { provider: 'string', currency: 'string' } })
  .registerType('Refund', {
    ctor: RefundFacts,
    fields: {
      amountMinor: 'int',
      currency: 'string',
      reasonCode: 'string',
      channel: 'string',
      descriptionLength: 'int',
      evidenceCount: 'int',
      goodwillMinor: 'int',
      enteredBy: 'string',
    },
  })
  .registerType('Order', {
    ctor: OrderFacts,
    fields: { ageDays: 'int', openAndPaidMinor: 'int', branch: 'string', jurisdiction: 'string' },
  })
  .registerType('Customer', { ctor: CustomerFacts, fields: { tier: 'string', ageDays: 'int' } })
  .registerType('Risk', {
    ctor: RiskFacts,
    fields: {
      score: 'int',
      grade: 'string',
      signals: 'list<string>',
      requestsDay: 'int',
      requestsMonth: 'int',
      requestsYear: 'int',
      ordersYear: 'int',
      purchasedYearMinor: 'int',
      refundedYearMinor: 'int',
    },
  })
  .registerType('Lists', { ctor: ListFacts, fields: { blocked: 'bool', allowed: 'bool' } })
  .registerVariable('lists', 'Lists')
  .registerVariable('customer', 'Customer')
  .registerVariable('risk', 'Risk')
  .registerVariable('refund', 'Refund')
  .registerVariable('order', 'Order')
  .registerVariable('lines', 'list<Line>')
  .registerVariable('payments', 'list<Payment>');

/**
 * The functions a condition may call. A closed list: a regular expression from a policy could run for minutes
 * (`^(a+)+$`), and time of its own would give the same refund another answer tomorrow.
 */
const FUNCTIONS: readonly string[] = ['has', 'size', 'startsWith', 'endsWith', 'contains', 'int', 'double', 'string'];
/** They walk a list, so one inside another could run long. */
const WALKS: readonly string[] = ['all', 'exists', 'exists_one', 'filter', 'map'];

interface Compiled {
  /** Answers most conditions without the language. */
  quick: QuickAnswer;
  evaluate: (context: Record<string, unknown>) => unknown;
}

/** More than a policy has; emptied as a whole, since what is asked again is compiled again in microseconds. */
const MAX_KEPT = 1000;
const kept = new Map<string, Compiled | ConditionProblem>();

/** What is wrong with the text of a condition, or null: it is short, typed, speaks of known facts and ends soon. */
export function checkCondition(source: string): ConditionProblem | null {
  const compiled = compile(source);
  return 'why' in compiled ? compiled : null;
}

/** Whether a condition holds. @throws RangeError for one that {@link checkCondition} refuses */
export function holds(source: string, facts: ConditionContext): ConditionAnswer {
  const compiled = compile(source);
  if ('why' in compiled) throw new RangeError(`Not a condition: ${compiled.why}`);
  const quick = compiled.quick(facts.facts);
  if (quick !== undefined) return quick;
  return evaluateFully(compiled, facts);
}

function evaluateFully(compiled: Compiled, facts: ConditionContext): ConditionAnswer {
  try {
    return compiled.evaluate(facts.values) === true;
  } catch (error) {
    // An attribute that this line does not have, a text where a number was expected, a division by zero.
    if (error instanceof EvaluationError || error instanceof CelTypeError) return 'failed';
    throw error;
  }
}

/** As the language answers, without the short cut. @throws RangeError for one that {@link checkCondition} refuses */
export function holdsByLanguage(source: string, facts: ConditionContext): ConditionAnswer {
  const compiled = compile(source);
  if ('why' in compiled) throw new RangeError(`Not a condition: ${compiled.why}`);
  return evaluateFully(compiled, facts);
}

/** Facts in the form that conditions are evaluated on: made once for all conditions of a policy. */
export interface ConditionContext {
  readonly facts: ConditionFacts;
  readonly values: Record<string, unknown>;
}

/** @throws RangeError for a number that is none */
export function contextOf(facts: ConditionFacts): ConditionContext {
  const { refund, order, lines, payments, customer, risk, lists } = withWholeNumbers(facts) as ConditionFacts;
  return {
    facts,
    values: {
      refund: new RefundFacts(refund),
      order: new OrderFacts(order),
      lines: lines.map((line) => new LineFacts(line)),
      payments: payments.map((payment) => new PaymentFacts(payment)),
      ...(customer ? { customer: new CustomerFacts(customer) } : {}),
      ...(lists ? { lists: new ListFacts(lists) } : {}),
      ...(risk ? { risk: new RiskFacts(risk) } : {}),
    },
  };
}

function compile(source: string): Compiled | ConditionProblem {
  const known = kept.get(source);
  if (known) return known;
  const made = compileNew(source);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(source, made);
  return made;
}

function compileNew(source: string): Compiled | ConditionProblem {
  if (source.length > MAX_CONDITION_LENGTH)
    return { line: 1, column: 1, why: `is longer than ${MAX_CONDITION_LENGTH} characters` };
  try {
    const parsed = environment.parse(source);
    const forbidden = findForbidden(parsed.ast, false);
    if (forbidden) return { ...placeOf(source, forbidden.node.start), why: forbidden.why };
    const checked = parsed.check();
    if (checked.error) throw checked.error;
    return checked.type === 'bool'
      ? { quick: quickAnswerOf(parsed.ast), evaluate: parsed }
      : { line: 1, column: 1, why: `must be true or false, and is of the type ${checked.type ?? 'unknown'}` };
  } catch (error) {
    if (error instanceof ParseError || error instanceof CelTypeError)
      return { ...placeOf(source, error.range?.start ?? 0), why: error.summary };
    throw error;
  }
}

function findForbidden(node: ASTNode, inWalk: boolean): { node: ASTNode; why: string } | null {
  if (node.op === 'call' || node.op === 'rcall') {
    const name = node.args[0];
    const walks = node.op === 'rcall' && WALKS.includes(name);
    if (!walks && !FUNCTIONS.includes(name)) return { node, why: `calls "${name}", which conditions may not` };
    if (walks && inWalk) return { node, why: `walks a list ("${name}") inside a walk over a list` };
    const receiver = node.op === 'rcall' ? findForbidden(node.args[1], inWalk) : null;
    const inside = node.op === 'rcall' ? node.args[2] : node.args[1];
    return receiver ?? firstOf(inside, (part) => findForbidden(part, inWalk || walks));
  }
  // An element by its number depends on the order in which a shop happened to send them.
  if (
    node.op === '[]' &&
    node.args[0].op === 'id' &&
    (node.args[0].args === 'lines' || node.args[0].args === 'payments')
  )
    return { node, why: `names one of the ${node.args[0].args} by its number; use all() or exists()` };
  return firstOf(childrenOf(node), (part) => findForbidden(part, inWalk));
}

const childrenOf = (node: ASTNode): ASTNode[] =>
  [node.args].flat(2).filter((part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part);

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | null): R | null {
  for (const item of list) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function placeOf(source: string, position: number): { line: number; column: number } {
  const before = source.slice(0, position).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The language counts in bigints; a number with a fraction, which only an attribute can have, stays a double. */
function withWholeNumbers(value: unknown): unknown {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not a number that a condition can be asked about.`);
    return Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map(withWholeNumbers);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withWholeNumbers(part)]));
  return value;
}
