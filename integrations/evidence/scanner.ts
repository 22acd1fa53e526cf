import { connect } from 'node:net';

/** The scanner gave no verdict: what it was asked about counts as neither clean nor infected. */
export class ScannerUnavailableError extends Error {
  override readonly name = 'ScannerUnavailableError';
}

export interface MalwareScanner {
  /** The name of what was found, or null for a clean file. @throws ScannerUnavailableError */
  find(content: Uint8Array): Promise<string | null>;
}

const ANSWER = /^stream: (?:(OK)|(.+) FOUND)$/;
/** Far above any answer. */
const MAX_ANSWER_BYTES = 10_000;

/** ClamAV's daemon over TCP. Source: clamd(8), INSTREAM: chunks behind their length, an empty one ends them. */
export class ClamdScanner implements MalwareScanner {
  /** @param timeoutMs without a byte from the daemon, until no answer counts as none */
  constructor(
    private readonly address: { host: string; port: number },
    private readonly timeoutMs = 20_000,
  ) {}

  async find(content: Uint8Array): Promise<string | null> {
    try {
      const answer = await this.ask(content);
      const [, clean, found] = ANSWER.exec(answer) ?? [];
      if (clean === undefined && found === undefined) throw new Error('The answer is no verdict.');
      return found ?? null;
    } catch (error) {
      throw new ScannerUnavailableError('The scanner for malware gives no verdict.', { cause: error });
    }
  }

  private ask(content: Uint8Array): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.address);
      const parts: Buffer[] = [];
      const receivedBytes = (): number => parts.reduce((sum, part) => sum + part.length, 0);
      socket.setTimeout(this.timeoutMs, () => socket.destroy(new Error('No verdict in time.')));
      socket.on('error', reject);
      socket.on('data', (part) => {
        parts.push(part);
        if (receivedBytes() > MAX_ANSWER_BYTES) socket.destroy(new Error('The answer does not end.'));
      });
      socket.on('close', () => resolve(Buffer.concat(parts).toString('utf8').replaceAll('\0', '').trim()));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(content.byteLength);
      socket.write('zINSTREAM\0');
      socket.write(length);
      socket.write(content);
      socket.write(Buffer.alloc(4));
    });
  }
}
