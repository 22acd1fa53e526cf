import type { ASTNode } from '@marcbachmann/cel-js';
import type { ConditionFacts } from './condition-facts';

/** What a condition comes to as far as its cheap parts say; undefined: only the language itself can tell. */
export type QuickAnswer = (facts: ConditionFacts) => boolean | undefined;

const UNSURE: QuickAnswer = () => undefined;

/**
 * The cheap part of a checked condition: comparisons of one fact with what is written in the condition, and what follows
 * from them by `&&`, `||` and `!`. It never says anything else than the language would, and most rules of a policy are ruled
 * out by it: a policy of hundreds of rules stays quick.
 */
export function quickAnswerOf(node: ASTNode): QuickAnswer {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'boolean' ? constant(node.args) : UNSURE;
    case '!_':
      return not(quickAnswerOf(node.args));
    case '&&':
      return both(quickAnswerOf(node.args[0]), quickAnswerOf(node.args[1]), false);
    case '||':
      return both(quickAnswerOf(node.args[0]), quickAnswerOf(node.args[1]), true);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.op, node.args[0], node.args[1]);
    case 'in':
      return membership(node.args[0], node.args[1]);
    default:
      return UNSURE;
  }
}

const constant =
  (answer: boolean): QuickAnswer =>
  () =>
    answer;

const not = (inner: QuickAnswer): QuickAnswer =>
  inner === UNSURE
    ? UNSURE
    : (facts) => {
        const answer = inner(facts);
        return answer === undefined ? undefined : !answer;
      };

/** Of `&&` (decided by false) or `||` (by true): one side that decides is enough, whatever the other would say. */
function both(left: QuickAnswer, right: QuickAnswer, deciding: boolean): QuickAnswer {
  if (left === UNSURE && right === UNSURE) return UNSURE;
  return (facts) => {
    const first = left(facts);
    if (first === deciding) return deciding;
    const second = right(facts);
    if (second === deciding) return deciding;
    return first === undefined || second === undefined ? undefined : !deciding;
  };
}

type Scalar = string | number;
type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';
const TURNED: Readonly<Record<Operator, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function comparison(operator: Operator, left: ASTNode, right: ASTNode): QuickAnswer {
  const [field, turned] = fieldOf(left) ? [fieldOf(left), false] : [fieldOf(right), true];
  const written = literalOf(turned ? left : right);
  if (!field || written === undefined) return UNSURE;
  const asked = turned ? TURNED[operator] : operator;
  // How texts are ordered is the language's to say.
  if (typeof written === 'string' && asked !== '==' && asked !== '!=') return UNSURE;
  return (facts) => {
    const value = field(facts);
    return value === undefined || typeof value !== typeof written ? undefined : compare(asked, value, written);
  };
}

function compare(operator: Operator, value: Scalar, written: Scalar): boolean {
  switch (operator) {
    case '==':
      return value === written;
    case '!=':
      return value !== written;
    case '<':
      return value < written;
    case '<=':
      return value <= written;
    case '>':
      return value > written;
    case '>=':
      return value >= written;
  }
}

/** A fact in a written list, or a written text among the signals of the risk. */
function membership(item: ASTNode, list: ASTNode): QuickAnswer {
  const written = literalOf(item);
  if (typeof written === 'string' && isField(list, 'risk', 'signals'))
    return ({ risk }) => risk?.signals.includes(written);
  const field = fieldOf(item);
  if (!field || list.op !== 'list') return UNSURE;
  const allowed = list.args.map(literalOf);
  if (allowed.some((one) => one === undefined || typeof one !== typeof allowed[0])) return UNSURE;
  return (facts) => {
    const value = field(facts);
    return value === undefined || typeof value !== typeof allowed[0] ? undefined : allowed.includes(value);
  };
}

const isField = (node: ASTNode, object: string, name: string): boolean =>
  node.op === '.' && node.args[0].op === 'id' && node.args[0].args === object && node.args[1] === name;

const OBJECTS = ['refund', 'order', 'customer', 'risk'] as const;

/** Reads a fact that is a text or a whole number; undefined where it was not kept, or is none. */
function fieldOf(node: ASTNode): ((facts: ConditionFacts) => Scalar | undefined) | null {
  if (node.op !== '.' || node.args[0].op !== 'id') return null;
  const object = OBJECTS.find((known) => known === (node.args[0] as { args: unknown }).args);
  const name = node.args[1];
  if (object === undefined) return null;
  return (facts) => {
    const known = facts[object] as Readonly<Record<string, unknown>> | undefined;
    const value = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
    if (typeof value === 'string') return value;
    return Number.isSafeInteger(value) ? (value as number) : undefined;
  };
}

/** A text or a whole number as it is written; undefined for everything else. */
function literalOf(node: ASTNode): Scalar | undefined {
  if (node.op === '-_') {
    const inner = literalOf(node.args);
    return typeof inner === 'number' ? -inner : undefined;
  }
  if (node.op !== 'value') return undefined;
  const { args } = node as { args: unknown };
  if (typeof args === 'string') return args;
  if (typeof args !== 'bigint') return undefined;
  const whole = Number(args);
  return Number.isSafeInteger(whole) ? whole : undefined;
}
