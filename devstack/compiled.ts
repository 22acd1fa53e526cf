import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { transformFileSync, version, type Options } from '@swc/core';

const ROOT = path.resolve(__dirname, '..');

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

/** Another compiler, or other options, compiles everything anew. */
const OUT = path.join(
  ROOT,
  '.redress',
  'compiled',
  createHash('sha256')
    .update(JSON.stringify([version, OPTIONS]))
    .digest('hex')
    .slice(0, 12),
);

let isCurrent = false;

/**
 * A program of this repository as plain JavaScript, which starts in less than half the time of its source through tsx.
 * Files that have changed since the last time are compiled, without a check of types; what has no source any more is deleted,
 * so that nothing runs that is not in the tree. Callers beside each other may do so at once, since each file appears whole.
 * @param source path of a source file from the repository's folder, such as `api/server.ts`
 * @returns the absolute path of the file for node; its stack traces name the source under `--enable-source-maps`
 * @throws Error when a source does not parse; what was compiled before stays
 */
export function compiled(source: string): string {
  if (!isCurrent) for (const folder of FOLDERS) compileFolder(folder);
  isCurrent = true;
  return path.join(OUT, compiledName(source));
}

const COPIED = /\.(json|sql|toml|cjs)$/;
const compiledName = (file: string): string => file.replace(/\.ts$/, '.js');

function compileFolder(folder: string): void {
  const wanted = new Set<string>();
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) compileFolder(file);
    else if (entry.name.endsWith('.ts')) bringUpToDate(file, compileFile);
    else if (COPIED.test(entry.name)) bringUpToDate(file, copyFileSync);
    wanted.add(compiledName(entry.name));
  }
  removeOthers(path.join(OUT, folder), wanted);
}

/** Files that are being written beside this have another ending. */
function removeOthers(folder: string, wanted: ReadonlySet<string>): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (!wanted.has(entry.name) && (entry.isDirectory() || entry.name.endsWith('.js') || COPIED.test(entry.name)))
      rmSync(path.join(folder, entry.name), { recursive: true, force: true });
}

/** Whole milliseconds: file systems and node round the rest differently. */
const changedAtMs = (file: string): number | undefined => {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && Math.round(stat.mtimeMs);
};

/** A file carries the instant of the source that it was made of: one that was saved meanwhile has another. */
function bringUpToDate(file: string, write: (from: string, to: string) => void): void {
  const from = path.join(ROOT, file);
  const to = path.join(OUT, compiledName(file));
  const sourceAtMs = changedAtMs(from);
  if (sourceAtMs === undefined || changedAtMs(to) === sourceAtMs) return;
  mkdirSync(path.dirname(to), { recursive: true });
  const unfinished = `${to}.${process.pid}`;
  write(from, unfinished);
  utimesSync(unfinished, sourceAtMs / 1_000, sourceAtMs / 1_000);
  renameSync(unfinished, to);
}

function compileFile(from: string, to: string): void {
  writeFileSync(to, transformFileSync(from, OPTIONS).code);
}
