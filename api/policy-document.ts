import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { InvalidPolicyError, parseDraft, type PolicyDocument } from '../domain/policy';
import { Problem, type FieldError } from './problems';

/** A document as its author sent it: JSON, or the text of YAML. */
export interface SentPolicy {
  document?: Record<string, unknown> | undefined;
  documentYaml?: string | undefined;
}

/**
 * Reads what an author sent as a policy.
 * @returns the policy, and the document as it is to be kept
 * @throws Problem policy_invalid, with each wrong place: the path, and for YAML the line
 */
export function readSentPolicy(sent: SentPolicy): { policy: PolicyDocument; document: unknown } {
  const yaml = sent.documentYaml === undefined ? null : parseYaml(sent.documentYaml);
  const document: unknown = yaml ? yaml.value : sent.document;
  try {
    return { policy: parseDraft(document), document };
  } catch (error) {
    if (!(error instanceof InvalidPolicyError)) throw error;
    throw invalid(
      error.problems.map(({ path, message }) => {
        const line = yaml?.lineOf(path.split('.'));
        return { path, code: 'policy_rule', message: line === undefined ? message : `Line ${line}: ${message}` };
      }),
    );
  }
}

/** The refusal of a policy for what is wrong with it. */
export const invalid = (errors: FieldError[]): Problem => new Problem('policy_invalid', { errors });

interface ReadYaml {
  value: unknown;
  /** The line, from 1, of the value at a path or of the nearest value above it. */
  lineOf(path: string[]): number | undefined;
}

function parseYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core', uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0)
    throw invalid(
      problems.map(({ message, pos }) => ({
        path: 'documentYaml',
        code: 'yaml',
        message: `Line ${lines.linePos(pos[0]).line}: ${message.split('\n')[0] ?? message}`,
      })),
    );
  return {
    // Few aliases: a document that multiplies itself is not a policy.
    value: document.toJS({ maxAliasCount: 10 }),
    lineOf: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

function offsetOf(document: Document.Parsed, path: string[]): number | undefined {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0];
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (!pair) break;
      if (isScalar(pair.key) && pair.key.range) [offset] = pair.key.range;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
        offset = node.range[0] as number;
    } else break;
  }
  return offset;
}
