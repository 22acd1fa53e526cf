import { connect, createServer, type AddressInfo } from 'node:net';
import { openDatabase } from '../../store';
import { createTestDatabase } from '../support/database';

/** What a backend says when its server is killed under it: ErrorResponse, FATAL, 57P01. */
function postmasterExit(): Buffer {
  const text = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to unexpected postmaster exit', '', ''];
  const fields = Buffer.from(text.join('\0'));
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test('a connection that dies in the instant in which the pool hands it over does not end the process', async () => {
  const database = await createTestDatabase();
  const target = new URL(database.url);
  let isDoomed = false;
  let killed = 0;
  // The answer to the doomed query and the last words of its backend arrive in one piece, as from a killed server.
  const line = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.pipe(far);
    far.on('data', (answer) => {
      if (isDoomed && answer.includes('doomed')) {
        isDoomed = false;
        killed += 1;
        near.end(Buffer.concat([answer, postmasterExit()]));
        far.destroy();
      } else near.write(answer);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const through = new URL(database.url);
  through.port = String((line.address() as AddressInfo).port);
  const db = openDatabase({
    databaseUrl: through.toString(),
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    applicationName: 'test',
  });
  try {
    await db.$queryRaw`SELECT 1`;
    isDoomed = true;
    const query = db.$queryRaw`SELECT 'doomed' AS word`.catch((error: unknown) => error);
    // It waits for the one connection, and gets it with the answer.
    const transaction = db.$transaction((tx) => tx.$queryRaw`SELECT 2`).catch((error: unknown) => error);
    await Promise.all([query, transaction]);
    // An error that nobody hears fails the test by itself.
    expect(killed).toBe(1);
    expect(await db.$queryRaw`SELECT 3 AS n`).toEqual([{ n: 3 }]);
  } finally {
    await db.$disconnect();
    line.close();
    await database.drop();
  }
});
