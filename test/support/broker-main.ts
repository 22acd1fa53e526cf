import { createServer } from 'node:http';
import type { Broker } from './broker';

// The process beside jest that owns PostgreSQL and Temporal for the run: broker-main.ts <port>. Test files ask over HTTP.
// It ends when jest closes the pipe that is our standard input, which also happens when jest is killed.

let broker: Promise<Broker> | undefined;

/** Loaded with the first question, so that a run of unit tests pays for nothing. */
async function openBroker(): Promise<Broker> {
  const loaded = await import('./broker.js');
  return new loaded.Broker();
}

const server = createServer((request, response) => {
  broker ??= openBroker();
  broker
    .then((opened) => opened.provide(request.url ?? ''))
    .then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
});

async function stop(): Promise<void> {
  server.close();
  await (await broker)?.close();
}

function fail(error: unknown): void {
  process.stderr.write(`test broker: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

server.listen(Number(process.argv[2]), '127.0.0.1');
process.stdin.resume();
process.stdin.once('close', () => {
  stop().then(() => process.exit(0), fail);
});
