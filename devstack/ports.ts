import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

const LOCALHOST = '127.0.0.1';

/**
 * Below the ports that systems give to whoever asks for any (Linux from 32768, macOS and Windows from 49152): between the
 * look and the moment at which the caller listens, no other server or outgoing connection is given it.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const TRIES = 100;

/**
 * A port of 127.0.0.1 that nothing listens on at this moment, taken by lot so that callers in several processes get
 * different ones.
 * @throws Error when none is found
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${FIRST_PORT + PORTS}`);
}

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, LOCALHOST, () => server.close(() => resolve(true)));
  });
}

/** The wished port when it is free, else a free one. `moved` says which of both it is. */
export async function portOrFree(wished: number): Promise<{ port: number; moved: boolean }> {
  if (await isFree(wished)) return { port: wished, moved: false };
  return { port: await freePort(), moved: true };
}

/** Whether something accepts TCP connections on this port of 127.0.0.1. */
export function accepts(port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOCALHOST, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
