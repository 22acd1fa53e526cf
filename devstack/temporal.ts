import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract';
import { findTemporalBinary } from './temporal-binary';
import type { Program } from './program';
import { waitFor } from './wait';

export interface TemporalOptions {
  readonly port: number;
  /** Port of the web UI; without it the server runs without UI. */
  readonly uiPort?: number;
  /** SQLite file that keeps everything over a restart; without it a stop forgets all. */
  readonly dbFile?: string;
  /** The CLI's path; default: found or fetched by {@link findTemporalBinary}. */
  readonly binary?: string;
  /** Takes progress of a download. */
  readonly say: (line: string) => void;
}

/**
 * The dev server's process: the real Temporal server, with per-workflow time skipping switched on and the refund's
 * search attributes registered in the namespace `default`. Ready when these attributes can be listed.
 * @throws CannotProvideError when no server can be had
 */
export async function temporalProgram(options: TemporalOptions): Promise<Program> {
  const command = options.binary ?? (await findTemporalBinary({ say: options.say }));
  const address = `127.0.0.1:${options.port}`;
  return {
    name: 'temporal',
    command,
    args: [
      ...'server start-dev --ip 127.0.0.1 --log-level error'.split(' '),
      '--port',
      String(options.port),
      ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
      ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
      '--dynamic-config-value',
      'frontend.WorkflowTimeSkippingEnabled=true',
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${cliType(type)}`,
      ]),
    ],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC' },
    ready: () => waitForTemporal(address, 'default'),
  };
}

/** Resolves when the server answers and the namespace has all search attributes of a refund. */
export async function waitForTemporal(address: string, namespace: string, timeoutMs = 60_000): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    await waitFor(
      `Temporal at ${address} is ready`,
      async () => {
        // Without a deadline of its own a call to a port where nobody answers yet waits for the transport's back-off.
        const { customAttributes } = await connection.withDeadline(Date.now() + 2_000, () =>
          connection.operatorService.listSearchAttributes({ namespace }),
        );
        return Object.keys(SEARCH_ATTRIBUTES).every((name) => name in (customAttributes ?? {}));
      },
      { timeoutMs },
    );
  } finally {
    await connection.close();
  }
}

/** The CLI spells types as the server does: KEYWORD is "Keyword" there. */
const cliType = (type: string): string => `${type.charAt(0)}${type.slice(1).toLowerCase()}`;
