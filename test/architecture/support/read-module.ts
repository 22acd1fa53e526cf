import { parseSync } from '@swc/core';

/** One module that a source file names. */
export interface ModuleReference {
  specifier: string;
  /** True when nothing of it is there at run time. */
  typeOnly: boolean;
  /** How it is named: `require` and `import()` count like `import`. */
  form: 'import' | 'export' | 'dynamic' | 'require' | 'type';
}

/** What a source file names and builds, as far as the rules of the house ask. */
export interface ModuleFacts {
  references: ModuleReference[];
  /** Dotted names of what is read from globals: `process.env`, `console.log`, `Buffer`. */
  globals: string[];
  /** What is built here: `new PrismaClient`, `Worker.create`, `Connection.lazy`. */
  constructions: string[];
  /** Every text that is written out, in templates and as the name of a property too; modules are not among them. */
  texts: string[];
}

interface SyntaxNode {
  type: string;
  [key: string]: unknown;
}

const GLOBALS = new Set(['process', 'console', 'Buffer', 'fetch', 'setTimeout', 'setInterval', 'setImmediate']);
const BUILT_BY_NEW = new Set(['PrismaClient', 'Worker', 'Connection', 'NativeConnection', 'PrismaPg']);
const BUILT_BY_CALL = new Set([
  'Worker.create',
  'Connection.connect',
  'Connection.lazy',
  'NativeConnection.connect',
  'openDatabase',
]);

/**
 * Reads one TypeScript source without running it.
 * @throws when the source is not TypeScript.
 */
export function readModule(source: string): ModuleFacts {
  const facts: ModuleFacts = { references: [], globals: [], constructions: [], texts: [] };
  const declared = new Set<string>();
  visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }) as unknown as SyntaxNode, facts, declared);
  // A file that calls something of its own `process` means that one; the environment is asked for by its full name.
  facts.globals = facts.globals.filter(
    (name) => name.startsWith('process.env') || !declared.has(name.split('.')[0] ?? ''),
  );
  return facts;
}

function visit(node: SyntaxNode, facts: ModuleFacts, declared: Set<string>): void {
  for (const name of namesDeclaredBy(node)) declared.add(name);
  const refer = (source: unknown, form: ModuleReference['form'], typeOnly: boolean) =>
    facts.references.push({ specifier: String((source as { value: unknown }).value), form, typeOnly });
  switch (node.type) {
    case 'ImportDeclaration':
      refer(node['source'], 'import', node['typeOnly'] === true || allTypes(node['specifiers']));
      return;
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (node['source']) refer(node['source'], 'export', node['typeOnly'] === true || allTypes(node['specifiers']));
      return;
    case 'TsImportType':
      refer(node['argument'], 'type', true);
      return;
    case 'TsImportEqualsDeclaration': {
      const target = node['moduleRef'] as SyntaxNode;
      if (target.type === 'TsExternalModuleReference')
        refer(target['expression'], 'require', node['isTypeOnly'] === true);
      return;
    }
    case 'CallExpression':
      readCall(node, facts);
      break;
    case 'NewExpression': {
      const name = dotted(node['callee'] as SyntaxNode);
      if (name && BUILT_BY_NEW.has(name)) facts.constructions.push(`new ${name}`);
      break;
    }
    case 'MemberExpression': {
      const name = dotted(node);
      if (name && GLOBALS.has(name.split('.')[0] ?? '')) {
        facts.globals.push(name);
        return;
      }
      break;
    }
    case 'StringLiteral':
      facts.texts.push(String(node['value']));
      break;
    case 'TemplateElement':
      facts.texts.push(String(node['raw']));
      break;
    case 'Identifier':
      if (GLOBALS.has(String(node['value']))) facts.globals.push(String(node['value']));
      break;
    default:
      break;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === 'key' && isNode(value) && /^(Identifier|StringLiteral)$/.test(value.type))
      facts.texts.push(String(value['value']));
    // Names of properties and parts of types are no globals.
    if (key === 'key' || (key === 'property' && (value as SyntaxNode | null)?.type === 'Identifier')) continue;
    visitAll(value, facts, declared);
  }
}

/** Arguments, array items and methods stand in wrappers that are no nodes themselves. */
function visitAll(value: unknown, facts: ModuleFacts, declared: Set<string>): void {
  if (isNode(value)) visit(value, facts, declared);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) visitAll(inner, facts, declared);
}

/** Names that a variable, a parameter or a destructuring brings into this file. */
function namesDeclaredBy(node: SyntaxNode): string[] {
  const nameOf = (pattern: unknown): string[] =>
    isNode(pattern) && pattern.type === 'Identifier' ? [String(pattern['value'])] : [];
  switch (node.type) {
    case 'VariableDeclarator':
      return nameOf(node['id']);
    case 'Parameter':
      return nameOf(node['pat']);
    case 'AssignmentPatternProperty':
      return nameOf(node['key']);
    case 'KeyValuePatternProperty':
      return nameOf(node['value']);
    case 'ArrowFunctionExpression':
      return (node['params'] as unknown[]).flatMap(nameOf);
    default:
      return [];
  }
}

function readCall(node: SyntaxNode, facts: ModuleFacts): void {
  const callee = node['callee'] as SyntaxNode;
  const first = (node['arguments'] as { expression: SyntaxNode }[])[0]?.expression;
  const named = first?.type === 'StringLiteral' ? String(first['value']) : null;
  const name = dotted(callee);
  if (callee.type === 'Import' && named !== null)
    facts.references.push({ specifier: named, form: 'dynamic', typeOnly: false });
  if ((name === 'require' || name === 'require.resolve') && named !== null)
    facts.references.push({ specifier: named, form: 'require', typeOnly: false });
  if (name && BUILT_BY_CALL.has(name)) facts.constructions.push(name);
}

/** `a.b` and `a['b']` as `a.b`; null for what is more than names. */
function dotted(node: SyntaxNode): string | null {
  if (node.type === 'Identifier') return String(node['value']);
  if (node.type !== 'MemberExpression') return null;
  const object = dotted(node['object'] as SyntaxNode);
  const property = node['property'] as SyntaxNode;
  const computed = property.type === 'Computed' ? (property['expression'] as SyntaxNode) : null;
  if (object === null || (computed && computed.type !== 'StringLiteral')) return object;
  return `${object}.${String((computed ?? property)['value'])}`;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';

/** `import { type A, type B }` leaves nothing at run time that a rule would mind. */
const allTypes = (specifiers: unknown): boolean =>
  Array.isArray(specifiers) &&
  specifiers.length > 0 &&
  specifiers.every((specifier: { isTypeOnly?: boolean }) => specifier.isTypeOnly === true);
