/** What it takes to run one part of the stack: the supervisor and the tests start parts from this description alone. */
export interface Program {
  /** Short name: also the name of its log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Runs as this user; only root may set them. */
  readonly uid?: number;
  readonly gid?: number;
  /** The signal that ends it in order; default SIGTERM. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** How long an ordered stop may take before it is killed; default 10 000. */
  readonly stopTimeoutMs?: number;
  /** Runs before each start, the first and every restart (clears what a dead run left). */
  readonly beforeStart?: () => Promise<void>;
  /** Resolves when it can be used, rejects when it cannot. */
  readonly ready: () => Promise<void>;
}

/** A part of the stack that cannot be had on this machine: the message is one paragraph that names every way to provide it. */
export class CannotProvideError extends Error {
  override readonly name = 'CannotProvideError';
}

/** A part that did not come up: the message names it and shows the end of its log. */
export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';
}
