import { connect, createServer } from 'node:net';

const LOCALHOST = '127.0.0.1';

/** A port of 127.0.0.1 that nothing listens on at this moment. Another process may still take it before the caller does. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOCALHOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the system gave no port'));
        return;
      }
      server.close(() => resolve(address.port));
    });
  });
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
