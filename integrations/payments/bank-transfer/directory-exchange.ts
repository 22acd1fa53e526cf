import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from './error-code';
import { ExchangeUnavailableError, FILE_NAME, MAX_FILE_BYTES, TOO_LARGE, type FileExchange } from './file-exchange';

/**
 * The exchange with a bank that fetches from `released/` and puts its answers into an inbox, both usually by a transfer
 * program of the bank. The bank writes an answer under another name (hidden, or `*.tmp`, `*.part`) until it is complete.
 */
export class DirectoryExchange implements FileExchange {
  constructor(private readonly inbox: string) {}

  async list(): Promise<string[]> {
    const names = await orUnavailable(() => readdir(this.inbox));
    return names.filter((name) => FILE_NAME.test(name) && !/\.(tmp|part)$/i.test(name)).toSorted();
  }

  read(name: string): Promise<Uint8Array> {
    if (!FILE_NAME.test(name)) throw new ExchangeUnavailableError('bad_name', true);
    const file = path.join(this.inbox, name);
    return orUnavailable(async () => {
      if ((await stat(file)).size > MAX_FILE_BYTES) throw new ExchangeUnavailableError(TOO_LARGE, true);
      return readFile(file);
    });
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExchangeUnavailableError) throw error;
    throw new ExchangeUnavailableError(errorCode(error) ?? 'inbox_failed', false, { cause: error });
  }
}
