import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReceivedNotification } from '../payments/gateway-suite';

/** A JSON call that must succeed. @throws Error with the status and the answer when it does not */
export async function call(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

/** A server for whatever a test lets it answer. */
export async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

export async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Somebody whom a provider notifies. */
export interface Receiver {
  url: string;
  server: Server;
  /** What came, oldest first. */
  notifications: ReceivedNotification[];
  /** Whether notifications are taken from now on; else each is answered 503. */
  take(isTaken: boolean): void;
}

/**
 * A receiver of notifications.
 * @param statusOf the HTTP status of the n-th answer, counted from 1; 200 without it
 * @param thanks the text that the provider reads as taken
 */
export async function receiver(statusOf: (count: number) => number = () => 200, thanks = ''): Promise<Receiver> {
  const notifications: ReceivedNotification[] = [];
  let taking = true;
  const { url, server } = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      notifications.push({ headers: request.headers, rawBody: Buffer.concat(chunks) });
      response.statusCode = taking ? statusOf(notifications.length) : 503;
      response.end(taking ? thanks : '');
    });
  });
  return { url, server, notifications, take: (isTaken) => void (taking = isTaken) };
}
