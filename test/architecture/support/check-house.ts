import path from 'node:path';
import { isBuiltin } from 'node:module';
import { PROVIDER_NAMES } from '../../../integrations/payments/providers';
import {
  BUILDERS,
  CONSOLE_WRITERS,
  DOMAIN_PACKAGES,
  ENVIRONMENT_READERS,
  FOLDERS,
  FOLDERS_WITH_AREAS,
  INSIDES,
  ONLY_MODULES,
  PROVIDER_NAME_EXCEPTIONS,
  UNBOUND,
  WITHOUT_NODE,
  WITHOUT_PROVIDER_NAMES,
  WORKFLOW_AREAS,
} from './house';
import { findCycles } from './find-cycles';
import { readModule, type ModuleFacts, type ModuleReference } from './read-module';

export type HouseRule =
  | 'unknown-folder'
  | 'unresolved'
  | 'folder'
  | 'types-only'
  | 'index'
  | 'package'
  | 'temporal'
  | 'node-builtin'
  | 'node-global'
  | 'domain-area'
  | 'adapter'
  | 'generated'
  | 'builder'
  | 'environment'
  | 'console'
  | 'provider-name'
  | 'bundle'
  | 'cycle';

export interface Violation {
  rule: HouseRule;
  file: string;
  what: string;
}

interface Importing {
  file: string;
  folder: string;
  reference: ModuleReference;
}

/** Written by Prisma: known to be there, not ours to judge. */
const GENERATED = 'store/generated/';

const EXTENSIONS = ['', '.ts', '.cts', '.mts', '.d.cts', '.js', '.cjs', '.mjs', '/index.ts'];

/**
 * Checks sources against the rules of the house.
 * @param sources by path from the root of the repository, with forward slashes; files that are not TypeScript count as
 *   import targets only.
 * @returns every violation, in the order of the files; empty when the house is in order.
 */
export function checkHouse(sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const modules = new Map<string, ModuleFacts>();
  for (const [file, source] of sources)
    if (/\.c?ts$/.test(file) && !file.startsWith(GENERATED)) modules.set(file, readModule(source));
  const graph = new Map<string, string[]>();
  for (const [file, facts] of modules) {
    const folder = topOf(file);
    const edges: string[] = [];
    const report = (rule: HouseRule, what: string) => violations.push({ rule, file, what });
    if (folder !== '' && !isUnbound(folder) && !FOLDERS[folder])
      report('unknown-folder', `${folder}/ is no folder of the house`);
    if (file === 'domain/index.ts') report('index', 'a barrel above the areas brings all their packages');
    for (const reference of facts.references) {
      const target = reference.specifier.startsWith('.') ? resolve(file, reference.specifier, sources) : null;
      const importing = { file, folder, reference };
      if (!reference.specifier.startsWith('.')) checkPackage(importing, report);
      else if (target === null) report('unresolved', reference.specifier);
      else {
        edges.push(target);
        checkTarget(importing, target, report);
      }
    }
    graph.set(file, edges);
    checkGlobals(file, folder, facts, report);
    checkProviderNames(file, folder, facts, report);
  }
  for (const cycle of findCycles(graph))
    violations.push({ rule: 'cycle', file: cycle[0] ?? '', what: cycle.join(' → ') });
  violations.push(...checkBundle(modules, sources));
  return violations;
}

type Report = (rule: HouseRule, what: string) => void;

function checkTarget({ file, folder, reference }: Importing, target: string, report: Report): void {
  const to = topOf(target);
  const said = `${reference.specifier} (${target})`;
  checkAdapter(file, target, report);
  if (target.startsWith(GENERATED) && folder !== 'store' && !isUnbound(folder)) report('generated', said);
  if (folder === 'domain' && to === 'domain' && areaOf(file) !== areaOf(target) && !isIndex(target))
    report('index', said);
  if (folder === to || folder === '' || isUnbound(folder)) return;
  const rule = FOLDERS[folder];
  if (!rule) return;
  if (!rule.folders.includes(to)) {
    if (!rule.typesOf?.includes(to)) return report('folder', said);
    if (!reference.typeOnly) return report('types-only', said);
  }
  const module = moduleOf(target);
  const only = ONLY_MODULES.find((one) => one.from === folder && one.folder === to);
  if (only && !only.modules.includes(module)) return report('folder', said);
  const known = INSIDES.some((inside) => inside.from === folder && inside.to === module);
  if (!known && !isIndex(target)) report('index', said);
  if (folder === 'workflows' && to === 'domain' && !WORKFLOW_AREAS.some((area) => area === areaOf(target)))
    report('domain-area', said);
}

function checkPackage({ file, folder, reference }: Importing, report: Report): void {
  const { specifier, typeOnly } = reference;
  const rule = FOLDERS[folder];
  if (!rule) return;
  if (isBuiltin(specifier)) {
    if (!rule.nodeBuiltins) report('node-builtin', specifier);
    return;
  }
  const name = packageOf(specifier);
  if (name.startsWith('@temporalio/')) {
    const part = name.slice('@temporalio/'.length);
    const allowed = rule.temporal.includes(part) || (typeOnly && rule.temporalTypes?.includes(part) === true);
    if (!allowed) report('temporal', specifier);
    return;
  }
  const own = folder === 'domain' ? (DOMAIN_PACKAGES[areaOf(file)] ?? []) : [];
  const allowed =
    own.includes(name) ||
    ('only' in rule.packages ? matches(name, rule.packages.only) : !matches(name, rule.packages.allBut));
  if (!allowed) report('package', specifier);
}

/** An adapter (`integrations/<area>/<adapter>/`) knows its area's interface, never another adapter. */
function checkAdapter(file: string, target: string, report: Report): void {
  const adapterOf = (name: string): string | null => {
    const parts = name.split('/');
    return parts[0] === 'integrations' && parts.length > 3 && parts[2] !== 'templates'
      ? parts.slice(0, 3).join('/')
      : null;
  };
  const from = adapterOf(file);
  const to = adapterOf(target);
  if (from && to && from !== to) report('adapter', `${from} imports ${to}`);
}

function checkGlobals(file: string, folder: string, facts: ModuleFacts, report: Report): void {
  const unbound = isUnbound(folder);
  for (const name of new Set(facts.constructions))
    if (!unbound && !BUILDERS.some((builder) => builder.files.test(file))) report('builder', name);
  for (const name of new Set(facts.globals)) {
    const reads = name === 'process.env' || name.startsWith('process.env.');
    if (reads && !unbound && !ENVIRONMENT_READERS.some((reader) => reader.files.test(file)))
      report('environment', name);
    if (/^console(\.|$)/.test(name) && !CONSOLE_WRITERS.test(file)) report('console', name);
    if (!reads && WITHOUT_NODE.some((one) => one === folder) && !/^(console|setTimeout)(\.|$)/.test(name))
      report('node-global', name);
  }
}

/** Who knows a provider by its name must be changed for the next one. */
function checkProviderNames(file: string, folder: string, { texts }: ModuleFacts, report: Report): void {
  if (!WITHOUT_PROVIDER_NAMES.some((one) => one === folder)) return;
  const allowed = PROVIDER_NAME_EXCEPTIONS.filter((one) => one.file === file).flatMap(({ names }) => names);
  for (const name of PROVIDER_NAMES) {
    const asWord = new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
    if (!allowed.includes(name) && texts.some((text) => asWord.test(text))) report('provider-name', name);
  }
}

/** Whatever workflows load at run time, through any number of files, is in their bundle. */
function checkBundle(modules: ReadonlyMap<string, ModuleFacts>, sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set([...modules.keys()].filter((file) => file.startsWith('workflows/')));
  for (const file of seen)
    for (const { specifier, typeOnly } of modules.get(file)?.references ?? []) {
      if (typeOnly) continue;
      const target = specifier.startsWith('.') ? resolve(file, specifier, sources) : null;
      if (target !== null) seen.add(target);
      else if (!specifier.startsWith('.') && !/^@temporalio\/(workflow|common)$/.test(specifier))
        violations.push({ rule: 'bundle', file, what: `${specifier} reaches the workflow bundle` });
    }
  return violations;
}

function resolve(file: string, specifier: string, sources: ReadonlyMap<string, string>): string | null {
  const base = path.posix.join(path.posix.dirname(file), specifier);
  if (base.startsWith(GENERATED)) return base;
  // A file that runs through a loader may name what its neighbour compiles to: the last candidate.
  const candidates = [...EXTENSIONS.map((extension) => base + extension), base.replace(/\.js$/, '.ts')];
  return candidates.find((name) => sources.has(name)) ?? null;
}

const topOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
const areaOf = (file: string): string => file.split('/')[1] ?? '';
const moduleOf = (file: string): string => file.replace(/(\/index)?\.c?ts$/, '');
const isUnbound = (folder: string): boolean => UNBOUND.some((one) => one === folder);
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const matches = (name: string, list: readonly string[]): boolean =>
  list.some((one) => (one.endsWith('/*') ? name.startsWith(one.slice(0, -1)) : one === name));

/** True for the index of a top-level folder, and of an area where areas have indexes. */
function isIndex(file: string): boolean {
  const parts = file.split('/');
  if (parts.at(-1) !== 'index.ts') return false;
  return parts.length === 2 || (parts.length === 3 && FOLDERS_WITH_AREAS.some((folder) => folder === parts[0]));
}
