import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { FAILURE_TYPES } from '../contract';
import type { Refusal } from '../domain/refund';

/** The engine did not answer in time or cannot be reached. What was sent may still count. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';
}

/** The refund's workflow was never started or has ended: Postgres knows which. */
export class WorkflowMissing extends Error {
  override readonly name = 'WorkflowMissing';
}

/** The workflow judged the message and refused it. */
export class RefundRefused extends Error {
  override readonly name = 'RefundRefused';

  constructor(readonly refusal: Refusal) {
    super(`Refused: ${refusal.code}`);
  }
}

/** Given by the server when a workflow task ended without looking at the update: it did not count. */
const UNPROCESSED_UPDATE = 'UnprocessedUpdate';
/** Given by the server when the workflow ended with the update accepted and unanswered. */
const COMPLETED_UNANSWERED = 'AcceptedUpdateCompletedWorkflow';
const GRPC_RESOURCE_EXHAUSTED = 8;

/** True when nothing was done and the same update id may be sent again at once. */
export function mayBeSentAgain(error: unknown): boolean {
  return (
    applicationFailureOf(error)?.type === UNPROCESSED_UPDATE ||
    chainOf(error).some((link) => (link as { code?: unknown }).code === GRPC_RESOURCE_EXHAUSTED)
  );
}

/** Turns whatever the client library throws into one of the three errors above; anything else is the engine's trouble. */
export function toEngineError(error: unknown): EngineUnavailable | WorkflowMissing | RefundRefused {
  if (error instanceof EngineUnavailable || error instanceof WorkflowMissing || error instanceof RefundRefused)
    return error;
  if (error instanceof WorkflowNotFoundError) return new WorkflowMissing('No such workflow runs.', { cause: error });
  const failure = applicationFailureOf(error);
  if (failure?.type === COMPLETED_UNANSWERED)
    return new WorkflowMissing('The workflow ended before it answered.', { cause: error });
  const refusal = failure?.type === FAILURE_TYPES.refused ? refusalOf(failure) : null;
  if (refusal) return new RefundRefused(refusal);
  return new EngineUnavailable('The engine did not answer.', { cause: error });
}

function refusalOf(failure: ApplicationFailure): Refusal | null {
  const detail = failure.details?.[0] as Partial<Refusal> | undefined;
  return typeof detail?.code === 'string' ? { code: detail.code, data: detail.data ?? {} } : null;
}

function applicationFailureOf(error: unknown): ApplicationFailure | undefined {
  return chainOf(error).find((link): link is ApplicationFailure => link instanceof ApplicationFailure);
}

function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < 8; link = link.cause) chain.push(link);
  return chain;
}
