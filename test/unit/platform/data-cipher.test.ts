import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { DataCipher, isSameText, SealBrokenError, UnknownDataKeyError, type SealedPlace } from '../../../platform';

const key = (id: string) => ({ id, key: randomBytes(32) });
const index = key('index');
const indexKeys = [index];
const first = key('k1');
const cipher = new DataCipher({ keys: [first], indexKeys });
const place: SealedPlace = { table: 'destinations', column: 'ciphertext', rowId: 'ds_1', mode: 'test' };

test('opens what it has sealed, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(cipher.open(cipher.seal(text, place).text, place)).toBe(text);
    }),
  );
});

test('seals the same text differently each time, and shows nothing of it', () => {
  const texts = [1, 2, 3].map(() => cipher.seal('6222021234567894', place).text);
  expect(new Set(texts).size).toBe(3);
  expect(new Set(texts.map((text) => text.split('.')[2])).size).toBe(3);
  for (const text of texts) {
    expect(text).toMatch(/^v1\.k1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/);
    expect(text).not.toContain('6222021234567894');
  }
});

test.each([
  ['row', { ...place, rowId: 'ds_2' }],
  ['column', { ...place, column: 'other' }],
  ['table', { ...place, table: 'other' }],
  ['mode', { ...place, mode: 'live' as const }],
  ['border between table and column', { ...place, table: 'destinationsc', column: 'iphertext' }],
])('opens nothing that was moved to another %s', (_what, elsewhere) => {
  const { text } = cipher.seal('secret', place);
  expect(() => cipher.open(text, elsewhere)).toThrow(SealBrokenError);
});

test('opens nothing in which a single bit of nonce, ciphertext or tag was flipped', () => {
  const [make, id, nonce = '', sealed = ''] = cipher.seal('secret', place).text.split('.');
  const flipped = (text: string, bit: number): string => {
    const bytes = Buffer.from(text, 'base64url');
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString('base64url');
  };
  const bitsOf = (text: string) =>
    Array.from({ length: Buffer.from(text, 'base64url').length * 8 }, (_, index) => index);
  for (const bit of bitsOf(nonce))
    expect(() => cipher.open([make, id, flipped(nonce, bit), sealed].join('.'), place)).toThrow(SealBrokenError);
  for (const bit of bitsOf(sealed))
    expect(() => cipher.open([make, id, nonce, flipped(sealed, bit)].join('.'), place)).toThrow(SealBrokenError);
});

test.each([
  '',
  'v1',
  'v2.k1.AAAA.AAAA',
  'v1.k1.AAAAAAAAAAAAAAAA',
  'v1.k1.AAAA.AAAA',
  'v1.K!.AAAAAAAAAAAAAAAA.AAAA',
  'plain',
])('takes nothing else for sealed: %j', (text) => {
  expect(() => cipher.open(text, place)).toThrow(SealBrokenError);
});

test('takes a sealed text in its one spelling alone', () => {
  const { text } = cipher.seal('secret', place);
  expect(() => cipher.open(`${text}=`, place)).toThrow(SealBrokenError);
  expect(() => cipher.open(`${text}.more`, place)).toThrow(SealBrokenError);
});

test('after a rotation seals with the new key, and opens what the old one sealed', () => {
  const old = cipher.seal('secret', place);
  const rotated = new DataCipher({ keys: [key('k2'), first], indexKeys });
  const renewed = rotated.seal('secret', place);
  expect(renewed.keyId).toBe('k2');
  expect([rotated.open(old.text, place), rotated.open(renewed.text, place)]).toEqual(['secret', 'secret']);
  expect(rotated.currentKeyId).toBe('k2');
});

test('names the key that it lacks', () => {
  const { text } = new DataCipher({ keys: [key('gone')], indexKeys }).seal('secret', place);
  expect(() => cipher.open(text, place)).toThrow(new UnknownDataKeyError('gone'));
});

test('opens nothing with another key under the same id', () => {
  const { text } = new DataCipher({ keys: [key('k1')], indexKeys }).seal('secret', place);
  expect(() => cipher.open(text, place)).toThrow(SealBrokenError);
});

test('finds equal values by their fingerprint, keeps parts apart, and needs the index key for it', () => {
  expect(cipher.fingerprint(['a', 'b'])).toEqual(cipher.fingerprint(['a', 'b']));
  expect(cipher.fingerprint(['a', 'b'])).toEqual({ keyId: 'index', text: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(cipher.fingerprint(['ab', '']).text).not.toBe(cipher.fingerprint(['a', 'b']).text);
  const other = new DataCipher({ keys: [first], indexKeys: [key('index')] });
  expect(other.fingerprint(['a', 'b']).text).not.toBe(cipher.fingerprint(['a', 'b']).text);
});

test('after a rotation of the index key indexes with the new one, and still finds what the old one has indexed', () => {
  const rotated = new DataCipher({ keys: [first], indexKeys: [key('i2'), index] });
  expect(rotated.currentIndexKeyId).toBe('i2');
  const [now, then] = rotated.fingerprints(['a']);
  expect(now).toEqual(rotated.fingerprint(['a']));
  expect(now?.keyId).toBe('i2');
  expect(then).toEqual(cipher.fingerprint(['a']));
});

test('takes no keys that cannot protect', () => {
  const short = { id: 'k1', key: randomBytes(16) };
  expect(() => new DataCipher({ keys: [], indexKeys })).toThrow(/data key is needed/);
  expect(() => new DataCipher({ keys: [short], indexKeys })).toThrow(/"k1" is not 32 bytes/);
  expect(() => new DataCipher({ keys: [first], indexKeys: [] })).toThrow(/index key is needed/);
  expect(() => new DataCipher({ keys: [first], indexKeys: [short] })).toThrow(/index key "k1" is not 32/);
  expect(() => new DataCipher({ keys: [first], indexKeys: [index, index] })).toThrow(/index keys have the same id/);
  expect(() => new DataCipher({ keys: [first, first], indexKeys })).toThrow(/same id/);
  expect(() => new DataCipher({ keys: [first], indexKeys: [index, { id: 'i2', key: first.key }] })).toThrow(
    /an index key too/,
  );
  expect(() => new DataCipher({ keys: [{ ...first, id: 'K.1' }], indexKeys })).toThrow(/id of a data key/);
});

test('compares texts whole', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(isSameText(one, other)).toBe(one === other);
      expect(isSameText(one, `${one}`)).toBe(true);
    }),
  );
});
