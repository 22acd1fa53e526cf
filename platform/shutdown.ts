import type { Logger } from 'pino';

export interface ShutdownOptions {
  logger: Logger;
  /** After this the process ends whatever is still under way. */
  deadlineMs: number;
  /** Default: process.exit. */
  exit?: (code: number) => void;
}

export interface Shutdown {
  /** Adds a step; steps run one after the other, the one added last first. */
  add(name: string, stop: () => Promise<void> | void): void;
  /** Runs all steps once and ends the process: 0, or 1 when a step failed or the deadline passed. */
  run(reason: string, code?: number): Promise<void>;
  /** Runs on SIGTERM, SIGINT and when the parent that started this process over IPC is gone. */
  listen(): void;
  readonly started: boolean;
}

/** Orderly shutdown: what was opened last is closed first, once, within a deadline. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { logger, deadlineMs } = options;
  const exit = options.exit ?? ((code: number) => process.exit(code));
  const steps: { name: string; stop: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  async function runSteps(reason: string, code: number): Promise<void> {
    logger.info({ reason }, 'Shutting down.');
    const deadline = setTimeout(() => {
      logger.error({ deadlineMs }, 'The shutdown took too long; what is under way is cut off.');
      exit(1);
    }, deadlineMs);
    let failed = false;
    for (const step of steps.toReversed()) {
      try {
        await step.stop();
      } catch (error) {
        failed = true;
        logger.error({ err: error, step: step.name }, 'A part did not stop in order.');
      }
    }
    clearTimeout(deadline);
    logger.info('Stopped.');
    exit(failed ? 1 : code);
  }

  const shutdown: Shutdown = {
    add: (name, stop) => void steps.push({ name, stop }),
    run: (reason, code = 0) => (running ??= runSteps(reason, code)),
    listen() {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutdown.run(signal));
      if (process.send) process.on('disconnect', () => void shutdown.run('the parent is gone'));
    },
    get started() {
      return running !== undefined;
    },
  };
  return shutdown;
}
