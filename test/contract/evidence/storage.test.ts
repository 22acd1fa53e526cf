import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createEvidenceStorages, StorageUnavailableError, type EvidenceStorage } from '../../../integrations/evidence';
import { S3_KEYS, startS3, type S3 } from './support/s3';

const CONTENT = new Uint8Array(Buffer.from('左侧扶手 \0\xff', 'latin1'));

const open = (options: Parameters<typeof createEvidenceStorages>[0]): EvidenceStorage => {
  const [storage] = createEvidenceStorages(options);
  if (!storage) throw new Error('No storage.');
  return storage;
};
const bucket = (endpoint: string, keys = S3_KEYS) =>
  open({ directory: null, s3: { bucket: 'evidence', region: 'eu-central-1', endpoint, ...keys } });

let s3: S3;
let directory: string;
beforeAll(async () => {
  s3 = await startS3();
  directory = mkdtempSync(path.join(os.tmpdir(), 'redress-evidence-'));
});
afterAll(async () => {
  await s3.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.each([
  ['a directory', () => open({ directory, s3: null })],
  ['a bucket', () => bucket(s3.url)],
])('%s', (_name, storage) => {
  it('gives back every byte, and the same when it was put twice', async () => {
    for (let time = 0; time < 2; time += 1) await storage().put('test/ev_1', CONTENT);
    expect(Buffer.compare((await storage().get('test/ev_1')) ?? new Uint8Array(), CONTENT)).toBe(0);
  });

  it('says that it has nothing where it has nothing', async () => {
    expect(await storage().get('test/ev_none')).toBeNull();
  });

  it.each(['../outside', '/etc/passwd', 'test//ev', 'test/ev_1/..', ''])('takes no key like "%s"', async (key) => {
    await expect(storage().put(key, CONTENT)).rejects.toThrow(RangeError);
    await expect(storage().get(key)).rejects.toThrow(RangeError);
  });
});

test('a file on disk is for its owner alone, and nothing half-written stays', async () => {
  await open({ directory, s3: null }).put('test/ev_2', CONTENT);
  expect(statSync(path.join(directory, 'test/ev_2')).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.join(directory, 'test')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test.each([
  ['a directory that cannot be made', () => open({ directory: '/dev/null/none', s3: null })],
  ['a bucket that cannot be reached', () => bucket('http://127.0.0.1:1')],
  ['a bucket that does not know the key', () => bucket(s3.url, { ...S3_KEYS, secretAccessKey: 'wrong' })],
])('%s is unavailable, not empty', async (_name, storage) => {
  await expect(storage().put('test/ev_3', CONTENT)).rejects.toThrow(StorageUnavailableError);
  await expect(storage().get('test/ev_3')).rejects.toThrow(StorageUnavailableError);
});
