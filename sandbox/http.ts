import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, NextFunction, Request, Response } from 'express';

/** Where a stand-in writes what it does; one line a call. */
export type Log = (line: string) => void;

/** Stand-ins are for this machine alone. */
export const HOST = '127.0.0.1';

/** A listening HTTP server. */
export interface Listening {
  readonly url: string;
  /** Stops listening and cuts the connections that are still open. */
  close(): Promise<void>;
}

/**
 * Listens on the loopback interface.
 * @param port 0 takes a free one
 * @throws the socket's error, e.g. EADDRINUSE
 */
export async function listen(app: Express, port: number): Promise<Listening> {
  const server: Server = createServer(app);
  // Longer than the usual keep-alive of clients: a connection closed here while a client re-uses it looks like a fault.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${address.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** Cuts the connection under the client's feet, as a network failure does. */
export function dropConnection(response: Response): void {
  response.socket?.resetAndDestroy();
}

/** Sends the error of a control request in one shape: `{ error }`. */
export function refuseControl(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
}

/**
 * Keeps web pages of other sites away from control routes: a browser lets them post to a loopback address without asking,
 * but not JSON, and it names where they come from.
 */
export function jsonControlOnly(request: Request, response: Response, next: NextFunction): void {
  const origin = request.get('origin');
  if (origin !== undefined && !isLoopbackUrl(origin)) return refuseControl(response, 403, 'not from another site');
  const hasBody = request.headers['content-length'] !== undefined && request.headers['content-length'] !== '0';
  if (request.method === 'POST' && hasBody && request.is('application/json') === false) {
    refuseControl(response, 415, 'send application/json');
    return;
  }
  next();
}

/** Whether the URL is plain HTTP(S) to this machine; stand-ins never call anything else. */
export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, protocol } = new URL(text);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return loopback && (protocol === 'http:' || protocol === 'https:');
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A random id in the alphabet that providers use, e.g. `re_3Kx…`. */
export function randomId(prefix: string, length = 24): string {
  let id = prefix;
  for (const byte of randomBytes(length)) id += BASE62[byte % BASE62.length];
  return id;
}

/** A decoded form: names with brackets become nested objects, as in `metadata[reference]=R1`. */
export interface Form {
  [name: string]: string | Form;
}

/**
 * Decodes `application/x-www-form-urlencoded` text with bracketed names; `list[]` and `list[0]` become numbered members.
 * A later value of the same name replaces the earlier one.
 */
export function decodeForm(text: string): Form {
  const form: Form = Object.create(null) as Form;
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [name.split('[', 1)[0] ?? '', ...[...name.matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '')];
    let target = form;
    for (const [depth, part] of path.entries()) {
      const key = part === '' ? String(Object.keys(target).length) : part;
      if (depth === path.length - 1) {
        target[key] = value;
        break;
      }
      const next = target[key];
      if (next === undefined || typeof next === 'string') {
        const created: Form = Object.create(null) as Form;
        target[key] = created;
        target = created;
      } else target = next;
    }
  }
  return form;
}

/** The last resort of a stand-in: a body it cannot read, or a fault of its own. */
export function failed(log: Log) {
  return (error: unknown, _request: Request, response: Response, next: NextFunction): void => {
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
    if (status >= 500)
      log(`sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (response.headersSent) return next(error);
    response.status(status).json({ error: error instanceof Error ? error.message : 'unknown failure' });
  };
}
