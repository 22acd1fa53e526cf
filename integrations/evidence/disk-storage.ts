import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { assertKey, StorageUnavailableError, type EvidenceStorage } from './storage';

/** A directory that every API process shares. A file appears under its name when all of it has reached the disk. */
export class DiskStorage implements EvidenceStorage {
  readonly kind = 'disk';

  constructor(private readonly directory: string) {}

  async put(key: string, content: Uint8Array): Promise<void> {
    const file = this.fileOf(key);
    const draft = `${file}.${randomUUID()}.tmp`;
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } catch (error) {
      // Where not even this can be done, the first error says why.
      await rm(draft, { force: true }).catch(() => undefined);
      throw new StorageUnavailableError('The directory of evidence does not take a file.', { cause: error });
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    const file = this.fileOf(key);
    try {
      return await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new StorageUnavailableError('The directory of evidence does not give a file.', { cause: error });
    }
  }

  private fileOf(key: string): string {
    assertKey(key);
    return path.join(this.directory, key);
  }
}
