import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger, Metrics } from '../platform';

export interface HealthOptions {
  host: string;
  port: number;
  metrics: Metrics;
  logger: Logger;
  /** Whether the process can do its work now. */
  isReady: () => Promise<boolean>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** /healthz: the process lives; /readyz: it can work; /metrics: for Prometheus. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(options, request.url ?? '/', response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'A health request failed.');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: HealthOptions, url: string, response: ServerResponse): Promise<void> {
  switch (url.split('?')[0]) {
    case '/healthz':
      return json(response, 200, { status: 'alive' });
    case '/readyz': {
      const ready = await options.isReady();
      return json(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready' });
    }
    case '/metrics': {
      const { registry } = options.metrics;
      response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
      return;
    }
    default:
      return json(response, 404, { status: 'not_found' });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
