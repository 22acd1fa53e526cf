import { setTimeout as pause } from 'node:timers/promises';
import { isGrpcServiceError, type ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract';
import type { Logger } from '../platform';

/** The numbers of the server's IndexedValueType. */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3, DATETIME: 6 } as const;
const USABLE_WITHIN_MS = 30_000;

/** gRPC: ALREADY_EXISTS, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED. */
const ALREADY_EXISTS = 6;
const NOT_OURS_TO_DECLARE = new Set([7, 12, 16]);

/**
 * Declares the search attributes that the namespace lacks and waits until they can be used. Where declaring them is an
 * administrator's business (Temporal Cloud), it says so and goes on: starts fail with their names until it is done.
 */
export async function ensureSearchAttributes(
  connection: ConnectionLike & { operatorService: OperatorService },
  namespace: string,
  logger: Logger,
): Promise<void> {
  try {
    const missing = await missingAttributes(connection, namespace);
    if (missing.length === 0) return;
    await declare(connection, namespace, missing);
    const giveUpAt = Date.now() + USABLE_WITHIN_MS;
    while ((await missingAttributes(connection, namespace)).length > 0) {
      if (Date.now() > giveUpAt) throw new Error(`The search attributes ${missing.join(', ')} do not become usable.`);
      await pause(200);
    }
    logger.info({ attributes: missing }, 'Declared search attributes.');
  } catch (error) {
    if (!isGrpcServiceError(error) || !NOT_OURS_TO_DECLARE.has(error.code)) throw error;
    logger.warn(
      { attributes: SEARCH_ATTRIBUTES, code: error.code },
      'Search attributes cannot be declared from here: an administrator of the namespace must.',
    );
  }
}

type AttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** The part of Temporal's operator service that is used here. */
interface OperatorService {
  listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: object | null }>;
  addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
}

async function missingAttributes(
  connection: { operatorService: OperatorService },
  namespace: string,
): Promise<AttributeName[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return (Object.keys(SEARCH_ATTRIBUTES) as AttributeName[]).filter((name) => !(name in (customAttributes ?? {})));
}

async function declare(
  connection: { operatorService: OperatorService },
  namespace: string,
  names: AttributeName[],
): Promise<void> {
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(names.map((name) => [name, INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]])),
    });
  } catch (error) {
    // Another worker was faster.
    if (!isGrpcServiceError(error) || error.code !== ALREADY_EXISTS) throw error;
  }
}
