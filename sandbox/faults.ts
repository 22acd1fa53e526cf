import { randomUUID } from 'node:crypto';
import type { Journal, Table } from './journal';

/** What a fault can make a stand-in do; the README explains each one. */
export const BEHAVIOURS = [
  'ok',
  'pending-ok',
  'pending-fail',
  'error',
  '5xx',
  '5xx-after-commit',
  'slow',
  'slow-before-commit',
  'drop-before-commit',
  'drop-after-commit',
  'duplicate-webhook',
  'late-webhook',
  'bad-signature',
  'no-webhook',
  'bad-answer-signature',
  'no-answer-signature',
  'unreadable-answer',
] as const;

export type BehaviourName = (typeof BEHAVIOURS)[number];

/** Behaviours of answers that the provider signs. */
export const OF_A_SIGNED_ANSWER: ReadonlySet<BehaviourName> = new Set(['bad-answer-signature', 'no-answer-signature']);

/** Behaviours of the event that follows; a call can carry one of them beside one behaviour of its answer. */
const OF_THE_WEBHOOK: ReadonlySet<BehaviourName> = new Set([
  'duplicate-webhook',
  'late-webhook',
  'bad-signature',
  'no-webhook',
]);

/** Behaviours that mean nothing for a call that commits nothing, so reads pass them by. */
const OF_A_COMMIT: ReadonlySet<BehaviourName> = new Set([
  'pending-ok',
  'pending-fail',
  '5xx-after-commit',
  'drop-after-commit',
  ...OF_THE_WEBHOOK,
]);

const NEEDS_ARGUMENT: ReadonlySet<BehaviourName> = new Set(['error', 'duplicate-webhook']);
const MAY_HAVE_ARGUMENT: ReadonlySet<BehaviourName> = new Set([...NEEDS_ARGUMENT, 'pending-ok', 'pending-fail']);

/** A fault as it was asked for. `remaining` is null while it holds for every call of its reference. */
export interface Fault {
  readonly id: string;
  readonly provider: string;
  readonly operation?: string;
  readonly reference?: string;
  readonly behaviour: string;
  readonly name: BehaviourName;
  readonly argument?: string;
  readonly remaining: number | null;
  readonly delayMs?: number;
}

/** The call that looks for a fault. */
export interface Call {
  readonly provider: string;
  readonly operation: string;
  /** Everything a fault's `reference` may name this call by. */
  readonly references: readonly string[];
  /** Whether this call commits something when it goes well. */
  readonly commits: boolean;
}

/** What each provider of a server understands: its operations and its behaviours. */
export type Capabilities = Readonly<
  Record<string, { readonly operations: readonly string[]; readonly behaviours: readonly BehaviourName[] }>
>;

/** A fault that was asked for in words nobody understands; its message says what is possible. */
export class FaultRefused extends Error {}

/** The faults that wait for their calls, first come first served. They survive a restart with the rest of the state. */
export class FaultBoard {
  private readonly faults: Table<Fault>;

  constructor(
    private readonly journal: Journal,
    private readonly capabilities: Capabilities,
  ) {
    this.faults = journal.table('faults');
  }

  /**
   * Takes in a fault from the control API.
   * @param request `{ provider, operation?, reference?, behaviour, count?, delayMs? }`. Without `count` a fault holds for
   *   one call, or for every call of its `reference` when it names one.
   * @throws FaultRefused when it names something that does not exist here
   */
  add(request: unknown): Fault {
    const fault = this.read(request);
    this.journal.commit(this.faults.put(fault.id, fault));
    return fault;
  }

  /** Faults that still wait. */
  all(): Fault[] {
    return this.faults.all();
  }

  /** Forgets every fault. */
  clear(): void {
    this.journal.commit(...this.faults.clear());
  }

  /** The behaviour of this call's answer, used up by being asked for; undefined when all is well. */
  takeForAnswer(call: Call): Fault | undefined {
    return this.take(call, (name) => !OF_THE_WEBHOOK.has(name));
  }

  /** The behaviour of the events that this call causes, used up by being asked for. */
  takeForWebhook(call: Call): Fault | undefined {
    return this.take(call, (name) => OF_THE_WEBHOOK.has(name));
  }

  private take(call: Call, ofKind: (name: BehaviourName) => boolean): Fault | undefined {
    const fault = this.faults
      .all()
      .find(
        (candidate) =>
          candidate.provider === call.provider &&
          ofKind(candidate.name) &&
          (call.commits || !OF_A_COMMIT.has(candidate.name)) &&
          (candidate.operation === undefined || candidate.operation === call.operation) &&
          (candidate.reference === undefined || call.references.includes(candidate.reference)),
      );
    if (fault === undefined || fault.remaining === null) return fault;
    const remaining = fault.remaining - 1;
    this.journal.commit(
      remaining === 0 ? this.faults.remove(fault.id) : this.faults.put(fault.id, { ...fault, remaining }),
    );
    return fault;
  }

  private read(request: unknown): Fault {
    if (typeof request !== 'object' || request === null) throw new FaultRefused('a fault is a JSON object');
    const { provider, operation, reference, behaviour, count, delayMs } = request as Record<string, unknown>;
    const known = typeof provider === 'string' && Object.hasOwn(this.capabilities, provider) ? provider : undefined;
    const capability = known === undefined ? undefined : this.capabilities[known];
    if (known === undefined || capability === undefined) {
      throw new FaultRefused(`provider must be one of: ${Object.keys(this.capabilities).join(', ')}`);
    }
    const parsed = parseBehaviour(behaviour, capability.behaviours);
    if (operation !== undefined && !capability.operations.includes(String(operation))) {
      throw new FaultRefused(`operation must be one of: ${capability.operations.join(', ')}`);
    }
    if (reference !== undefined && (typeof reference !== 'string' || reference === '')) {
      throw new FaultRefused('reference must be a non-empty string');
    }
    if (count !== undefined && !(Number.isInteger(count) && Number(count) >= 1)) {
      throw new FaultRefused('count must be an integer of at least 1');
    }
    if (delayMs !== undefined && !(Number.isInteger(delayMs) && Number(delayMs) >= 0)) {
      throw new FaultRefused('delayMs must be an integer of at least 0');
    }
    return {
      id: randomUUID(),
      provider: known,
      ...(operation === undefined ? {} : { operation: String(operation) }),
      ...(reference === undefined ? {} : { reference }),
      behaviour: String(behaviour),
      ...parsed,
      remaining: count === undefined ? (reference === undefined ? 1 : null) : Number(count),
      ...(delayMs === undefined ? {} : { delayMs: Number(delayMs) }),
    };
  }
}

function parseBehaviour(
  behaviour: unknown,
  allowed: readonly BehaviourName[],
): { readonly name: BehaviourName; readonly argument?: string } {
  const text = typeof behaviour === 'string' ? behaviour : '';
  const colon = text.indexOf(':');
  const name = allowed.find((candidate) => candidate === (colon < 0 ? text : text.slice(0, colon)));
  const argument = colon < 0 ? '' : text.slice(colon + 1);
  if (name === undefined) throw new FaultRefused(`behaviour must be one of: ${allowed.join(', ')}`);
  if (NEEDS_ARGUMENT.has(name) && argument === '') throw new FaultRefused(`${name} needs a value: ${name}:<value>`);
  if (argument !== '' && !MAY_HAVE_ARGUMENT.has(name)) throw new FaultRefused(`${name} takes no value`);
  if (name === 'duplicate-webhook' && !/^[1-9]\d{0,3}$/.test(argument)) {
    throw new FaultRefused('duplicate-webhook:<n> takes a number from 1 to 9999');
  }
  return argument === '' ? { name } : { name, argument };
}
