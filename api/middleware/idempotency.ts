import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import {
  claimCommand,
  claimCommandAbout,
  discardCommand,
  newId,
  releaseCommand,
  storeCommandAnswer,
  type CommandKind,
  type CommandRecord,
} from '../../store';
import { Problem, renderProblem, type ProblemCode } from '../problems';
import type { AppDeps, Language, Principal } from '../types';
import { principalOf } from './require-role';
import { parseBody } from './validate';

/** How long an intent may wait to be used. */
const COMMAND_LIFETIME_MS = 10 * 60_000;
/** How long a request may work on its command before another one with the same key may take over. */
const LEASE_MS = 30_000;
const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** Refusals that come before anything was done and may be cured without a new key: they are never stored. */
const NEVER_STORED: readonly ProblemCode[] = ['forbidden', 'rate_limited', 'unsupported_media_type', 'body_too_large'];

export interface CommandAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** What a repeat is answered with instead of `body`: for secrets that are shown once. */
  repeatBody?: unknown;
}

/** An answer that was kept with the command when the command was used, as serialised JSON. */
export interface KeptAnswer extends Omit<CommandAnswer, 'body' | 'repeatBody'> {
  kept: string;
}

export interface CommandOptions<T extends z.ZodType> {
  kind: CommandKind;
  /** Parses the body before anything is claimed. */
  body: T;
  /**
   * The refund that the command is about, found before anything is claimed; throws the Problem when there is none for
   * this principal. Default: the refund of `:id` in the path for the kinds that name one, found by the claim itself; else
   * none.
   */
  refundId?: (req: Request, body: z.output<T>, principal: Principal) => Promise<string | null>;
  /**
   * For bodies that hold what must not be kept: what is stored in place of the body, and the keyed hashes by which a repeat is
   * recognised, that of today first. Default: the body itself, and SHA-256.
   */
  confidential?: { keep: (body: z.output<T>) => unknown; hashes: (canonicalBody: string) => readonly string[] };
}

/**
 * The route handler of everything that creates or decides. Requires an Idempotency-Key, commits the command (which is
 * the authenticated intent, too), then runs the handler; repeats get the stored answer. A handler whose earlier run got
 * no further, or whose answer was a 5xx, is run again with the same command: it must be safe to run twice.
 */
export function idempotent<T extends z.ZodType>(
  deps: Pick<AppDeps, 'db' | 'clock' | 'logger'>,
  options: CommandOptions<T>,
  handler: (req: Request, command: CommandRecord, body: z.output<T>) => Promise<CommandAnswer | KeptAnswer>,
): RequestHandler {
  return async (req, res) => {
    const principal = principalOf(req);
    const bodyHashes = options.confidential?.hashes(canonicalize(req.body) ?? '') ?? [hashOfBody(req.body)];
    const body = parseBody(options.body, req);
    await runCommand(deps, req, res, {
      kind: options.kind,
      principal,
      body: options.confidential ? options.confidential.keep(body) : body,
      bodyHashes,
      ...(options.refundId
        ? { refundId: await options.refundId(req, body, principal), findsRefund: false }
        : refundOfPath(req, options.kind)),
      handler: (command) => handler(req, command, body),
    });
  };
}

export interface Intent {
  kind: CommandKind;
  principal: Principal;
  body: unknown;
  /** What a repeat may be recognised by; the first one is kept. */
  bodyHashes: readonly string[];
  refundId: string | null;
  /** Whether the refund is still to be looked for. */
  findsRefund?: boolean;
  handler: (command: CommandRecord) => Promise<CommandAnswer | KeptAnswer>;
}

/** The part of `idempotent` that does not need a JSON body: claims, runs, stores and answers. */
export async function runCommand(
  deps: Pick<AppDeps, 'db' | 'clock' | 'logger'>,
  req: Request,
  res: Response,
  intent: Intent,
): Promise<void> {
  const route = `${req.method} ${req.baseUrl}${req.path}`;
  const asked: Asked = {
    key: idempotencyKeyOf(req),
    scope: route,
    route: req.route ? `${req.method} ${String(req.route.path)}` : route,
    language: req.language,
    requestId: req.requestId,
    instance: req.path,
  };
  const { status, body, headers, isRepeated } = await settleCommand(deps, asked, intent);
  if (isRepeated) res.set('Idempotency-Replayed', 'true');
  if (headers) res.set(headers);
  sendJson(res, status, body);
}

/** The key of a request. @throws Problem idempotency_key_required */
export function idempotencyKeyOf(req: Request): string {
  const key = req.get('idempotency-key') ?? '';
  if (!VISIBLE_ASCII.test(key)) throw new Problem('idempotency_key_required');
  return key;
}

/** How an intent was put: what its key is unique within, and how a refusal is worded. */
export interface Asked {
  key: string;
  /** With the key, the principal and the mode: what the same intent is recognised by. */
  scope: string;
  /** The route as it is registered. */
  route: string;
  language: Language;
  requestId: string;
  instance: string;
}

/** What an intent came to, for now and for every repeat. */
export interface Settled {
  status: number;
  /** Serialised JSON: of the answer or, when it was refused before, of the problem. */
  body: string;
  headers?: Record<string, string>;
  isRepeated: boolean;
}

/**
 * Claims the command of an intent, runs it and keeps its answer; a repeat gets what was kept.
 * @throws Problem when it is refused now; what is to be kept of it is kept
 */
export async function settleCommand(
  deps: Pick<AppDeps, 'db' | 'clock' | 'logger'>,
  asked: Asked,
  intent: Intent,
): Promise<Settled> {
  const { principal } = intent;
  const now = deps.clock();
  const command = {
    id: newId('cm'),
    mode: principal.mode,
    kind: intent.kind,
    refundId: intent.refundId,
    principalKind: principal.kind,
    principalId: principal.keyId,
    personId: principal.personId,
    roles: principal.roles,
    route: asked.route,
    scopeHash: hash([principal.mode, `${principal.kind}:${principal.keyId}`, asked.scope, asked.key].join('|')),
    bodyHashes: intent.bodyHashes,
    body: intent.body,
    snapshotVersion: snapshotVersionOf(intent.body),
    leaseUntil: new Date(now.getTime() + LEASE_MS).toISOString(),
    expiresAt: new Date(now.getTime() + COMMAND_LIFETIME_MS).toISOString(),
  };
  const { refundId } = intent;
  const customerId = principal.kind === 'customer' ? (principal.customerId ?? '') : null;
  const claim =
    intent.findsRefund && refundId !== null
      ? await claimCommandAbout(deps.db, { ...command, refundId }, customerId, now)
      : await claimCommand(deps.db, command, now);
  switch (claim.state) {
    case 'no_refund':
      throw new Problem('refund_not_found');
    case 'other_body':
      throw new Problem('idempotency_key_reused');
    case 'running':
      throw new Problem('idempotency_in_progress', { retryAfterSeconds: 1 });
    case 'answered':
      return { status: claim.status, body: claim.body, isRepeated: true };
    case 'claimed':
      return answerClaim(deps, asked, intent, claim.command, claim.isNew);
  }
}

async function answerClaim(
  deps: Pick<AppDeps, 'db' | 'logger'>,
  { language, requestId, instance }: Asked,
  intent: Intent,
  command: CommandRecord,
  isNew: boolean,
): Promise<Settled> {
  try {
    const answer = await intent.handler(command);
    const body = 'kept' in answer ? answer.kept : await keep(deps, command, answer);
    return { status: answer.status, body, ...(answer.headers && { headers: answer.headers }), isRepeated: false };
  } catch (error) {
    if (error instanceof Problem && isStored(error)) {
      const body = JSON.stringify(renderProblem(error, { language, requestId, instance }));
      await storeCommandAnswer(deps.db, command.id, { status: error.status, body });
    } else if (error instanceof Problem && error.status < 500 && isNew) {
      await discardCommand(deps.db, command.id);
    } else {
      await releaseOrLog(deps, command.id);
    }
    throw error;
  }
}

/** Stores an answer for repeats. @returns the body as it is answered now */
async function keep(deps: Pick<AppDeps, 'db'>, command: CommandRecord, answer: CommandAnswer): Promise<string> {
  const serialised = JSON.stringify(answer.body);
  const repeat = answer.repeatBody === undefined ? serialised : JSON.stringify(answer.repeatBody);
  await storeCommandAnswer(deps.db, command.id, { status: answer.status, body: repeat });
  return serialised;
}

const isStored = (problem: Problem): boolean =>
  problem.status < 500 && ![400, 401, 404].includes(problem.status) && !NEVER_STORED.includes(problem.code);

/** The lease ends by itself when the database is gone; the caller is to learn of the first error, not of this one. */
async function releaseOrLog(deps: Pick<AppDeps, 'db' | 'logger'>, commandId: string): Promise<void> {
  try {
    await releaseCommand(deps.db, commandId);
  } catch (error) {
    deps.logger.warn({ err: error, commandId }, 'A command keeps its lease until it runs out.');
  }
}

function sendJson(res: Response, status: number, serialised: string): void {
  res
    .status(status)
    .type(status >= 400 ? 'application/problem+json' : 'application/json')
    .send(serialised);
}

/** What a repeat of a body is recognised by. */
export const hashOfBody = (body: unknown): string => hash(canonicalize(body) ?? '');

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

function snapshotVersionOf(body: unknown): number | null {
  const version = (body as { snapshotVersion?: unknown } | null)?.snapshotVersion;
  return typeof version === 'number' ? version : null;
}

const KINDS_OF_A_REFUND: readonly CommandKind[] = [
  'decide',
  'claim_stage',
  'release_stage',
  'withdraw',
  'inform',
  'appeal',
  'accept_offer',
  'confirm_receipt',
  'book_exchange',
];

const refundOfPath = (req: Request, kind: CommandKind): Pick<Intent, 'refundId' | 'findsRefund'> =>
  KINDS_OF_A_REFUND.includes(kind)
    ? { refundId: String(req.params['id']), findsRefund: true }
    : { refundId: null, findsRefund: false };
