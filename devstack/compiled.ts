import { copyFileSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformFileSync, type Options } from '@swc/core';

const ROOT = path.resolve(__dirname, '..');
const OUT = path.join(ROOT, '.redress', 'compiled');

/** What a program of this repository can import. */
const FOLDERS =
  'activities api config contract devstack domain integrations platform prisma sandbox store test/replay test/support worker workflows'.split(
    ' ',
  );

const OPTIONS: Options = {
  cwd: ROOT,
  swcrc: false,
  configFile: false,
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  // Packages that are ES modules alone are imported at run time, as they stand in the source.
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: 'inline',
};

let isCurrent = false;

/**
 * A program of this repository as plain JavaScript, which starts in less than half the time of its source through tsx.
 * Files that have changed since the last time are compiled, without a check of types; callers beside each other may do so
 * at once, since each file appears whole.
 * @param source path of a source file from the repository's folder, such as `api/server.ts`
 * @returns the absolute path of the file for node; its stack traces name the source under `--enable-source-maps`
 * @throws Error when a source does not parse; what was compiled before stays
 */
export function compiled(source: string): string {
  if (!isCurrent) for (const folder of FOLDERS) compileFolder(folder);
  isCurrent = true;
  return path.join(OUT, source.replace(/\.ts$/, '.js'));
}

function compileFolder(folder: string): void {
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) compileFolder(file);
    else if (entry.name.endsWith('.ts')) bringUpToDate(file, file.replace(/\.ts$/, '.js'), compileFile);
    else if (/\.(json|sql|toml|cjs)$/.test(entry.name)) bringUpToDate(file, file, copyFileSync);
  }
}

function bringUpToDate(file: string, outFile: string, write: (from: string, to: string) => void): void {
  const from = path.join(ROOT, file);
  const to = path.join(OUT, outFile);
  const writtenAtMs = statSync(to, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (writtenAtMs > statSync(from).mtimeMs) return;
  mkdirSync(path.dirname(to), { recursive: true });
  const unfinished = `${to}.${process.pid}`;
  write(from, unfinished);
  renameSync(unfinished, to);
}

function compileFile(from: string, to: string): void {
  writeFileSync(to, transformFileSync(from, OPTIONS).code);
}
