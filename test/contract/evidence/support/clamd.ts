import { createServer, type AddressInfo } from 'node:net';

/** The text by which every scanner proves that it works; harmless. Source: EICAR, anti-malware test file. */
export const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!', '$H+H*'].join(''),
);

export interface Clamd {
  host: string;
  port: number;
  /** How many streams were looked at. */
  scanned: number;
  /** Closes the connection instead of giving a verdict. */
  silent: boolean;
  close(): Promise<void>;
}

/** Speaks what a ClamAV daemon speaks over TCP: PING, VERSION and INSTREAM with its length-prefixed chunks. */
export async function startClamd(): Promise<Clamd> {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]);
      const end = received.findIndex((byte) => byte === 0 || byte === 0x0a);
      if (end < 0) return;
      const command = received.subarray(0, end).toString('latin1').replace(/^[nz]/, '');
      if (command === 'PING') return void socket.end('PONG\0');
      if (command === 'VERSION') return void socket.end('ClamAV 1.4.3/27654/Mon Nov 23 09:00:00 2026\0');
      if (command !== 'INSTREAM') return void socket.end('UNKNOWN COMMAND\0');
      const content = contentOf(received.subarray(end + 1));
      if (content === null) return;
      if (clamd.silent) return void socket.destroy();
      clamd.scanned += 1;
      socket.end(content.includes(EICAR) ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clamd: Clamd = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    scanned: 0,
    silent: false,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
  return clamd;
}

/** What the chunks hold, once the empty one that ends them is there; else null. */
function contentOf(chunks: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; at + 4 <= chunks.length;) {
    const length = chunks.readUInt32BE(at);
    if (length === 0) return Buffer.concat(parts);
    if (at + 4 + length > chunks.length) return null;
    parts.push(chunks.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}
