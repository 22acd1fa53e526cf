import { createHash } from 'node:crypto';
import { DataCipher } from '../../platform';

const bytes = (name: string): Buffer => createHash('sha256').update(name).digest();

/** The same keys in every process of a test. */
export const TEST_DATA_KEYS = {
  keys: [{ id: 'test', key: bytes('data key of tests') }],
  indexKeys: [{ id: 'index', key: bytes('index key of tests') }],
};

export const testCipher = (): DataCipher => new DataCipher(TEST_DATA_KEYS);
