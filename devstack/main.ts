import path from 'node:path';
import { homeDir } from './home';
import { onParentGone } from './parent';
import { AlreadyRunningError } from './pid-file';
import { CannotProvideError, PartFailedError } from './program';
import { timelineTable, welcome } from './report';
import { driveSampleRefund } from './sample-refund';
import { startStack } from './stack';
import type { Supervisor } from './supervisor';

const USAGE = `usage: npm start [-- --once]

  --once   stop after the sample refund and print its timeline

REDRESS_HOME names the folder that remembers everything (default .redress); stacks with different homes run side by side.
DATABASE_URL and TEMPORAL_ADDRESS use servers that you run instead of starting them.`;

/** npm, the shell and the terminal each deliver the same Ctrl-C; only one that comes later is a second one. */
const SAME_SIGNAL_MS = 1_000;

/** Exit code of a command that Ctrl-C ended before its work was done. */
const INTERRUPTED = 130;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Ends the stack on the first signal in order, on a second at once. Resolves when everything has ended. */
class Ending {
  readonly done: Promise<void>;
  #resolve: () => void = () => undefined;
  #startedAtMs: number | undefined;
  #supervisor: Supervisor | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor() {
    this.done = new Promise((resolve) => (this.#resolve = resolve));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.request());
    onParentGone(() => this.request());
    // A closed terminal or a closed pipe takes our output with it; the stop must go on.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  }

  /** Whether the end was asked for. */
  get isRequested(): boolean {
    return this.#startedAtMs !== undefined;
  }

  /** From now on there is something to stop. */
  watch(supervisor: Supervisor, stop: () => Promise<void> = () => supervisor.stop()): void {
    this.#supervisor = supervisor;
    this.#stop = stop;
  }

  request(): void {
    if (this.#startedAtMs !== undefined) {
      if (Date.now() - this.#startedAtMs > SAME_SIGNAL_MS) this.#supervisor?.killAll();
      return;
    }
    this.#startedAtMs = Date.now();
    say('\nStopping … (Ctrl-C again kills)');
    const stopped = this.#stop?.() ?? Promise.resolve();
    stopped.then(this.#resolve, (error: unknown) => {
      complain(error);
      process.exitCode = 1;
      this.#resolve();
    });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const once = args.includes('--once');
  if (args.some((arg) => arg !== '--once')) {
    say(USAGE);
    process.exitCode = args.includes('--help') ? 0 : 64;
    return;
  }
  const home = homeDir();
  const ending = new Ending();
  // Not awaited in turn: a download that is under way must not hold up the end.
  let isReady = false;
  void ending.done.then(() => process.exit(isReady ? process.exitCode : INTERRUPTED));
  const began = Date.now();
  let supervisor: Supervisor | undefined;
  try {
    say(`Starting Redress in ${path.relative('.', home) || '.'} …`);
    const stack = await startStack({
      home,
      say,
      onSupervisor: (made) => {
        supervisor = made;
        ending.watch(made);
      },
    });
    if (supervisor !== undefined) ending.watch(supervisor, () => stack.stop());
    const sample = await driveSampleRefund(stack.target, sampleNumber()).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new PartFailedError(`The sample refund did not arrive: ${why}\nLogs: ${path.join(home, 'logs')}`, {
        cause: error,
      });
    });
    const file = stack.announce();
    if (once) {
      say(`\nSample refund ${sample.id}, order ${sample.orderExternalId}:\n\n${timelineTable(sample.timeline)}\n`);
      await stack.stop();
      return;
    }
    say(welcome(file, sample, path.relative('.', home) || '.'));
    isReady = true;
    say(`Ready after ${Math.round((Date.now() - began) / 1000)} s.`);
  } catch (error) {
    // Whatever fails while the stack is being stopped fails because of that.
    if (!ending.isRequested) {
      complain(error);
      await supervisor?.stop();
      process.exitCode = 1;
      return;
    }
  }
  await ending.done;
}

/** Each start makes a new sample, so its ids must differ. */
const sampleNumber = () => new Date().toISOString().replace(/\D/g, '').slice(0, 14);

function complain(error: unknown): void {
  const isForPeople = [CannotProvideError, PartFailedError, AlreadyRunningError].some((kind) => error instanceof kind);
  const text = error instanceof Error ? (isForPeople ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`\n${text}\n`);
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    complain(error);
    process.exit(1);
  },
);
