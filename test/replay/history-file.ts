import path from 'node:path';
import { temporal } from '@temporalio/proto';

/** Stacks name files; where the repository stood is nobody's business. */
const ROOT = `${path.resolve(__dirname, '..', '..')}${path.sep}`;

const { History } = temporal.api.history.v1;
type History = temporal.api.history.v1.IHistory;

/** What replay does not read: names of machines, and numbers of the server's own. */
const UNREAD = new Set(['identity', 'requestId', 'taskId', 'binaryChecksum', 'historySizeBytes']);

/**
 * One line of JSON for a recorded history: bytes in base64, enums by name. Not the JSON of Temporal's other tools, whose
 * converter needs one copy of protobufjs shared by all @temporalio packages, which npm does not promise.
 */
export function encodeHistory(history: History): string {
  const plain = History.toObject(History.fromObject(history), { bytes: String, longs: String, enums: String });
  return JSON.stringify(plain, (key, value: unknown) => {
    if (UNREAD.has(key)) return undefined;
    if (typeof value === 'string' && key === 'stackTrace') return value.replaceAll(ROOT, '');
    return key === 'taskQueue' && isSticky(value) ? { ...value, name: 'sticky' } : value;
  });
}

/** @throws when it is no history */
export function decodeHistory(json: string): History {
  return History.fromObject(JSON.parse(json) as Record<string, unknown>);
}

/** A worker's own queue is named after its machine. */
const isSticky = (value: unknown): value is { kind: string } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY';
