import { isUndecided, type ProcessState } from '../../../domain/refund';
import { hasCome, record, takeOne, waitFor } from '../record';
import type { RefundCase } from '../state';

/**
 * Until the refund is decided: takes decisions, answers and withdrawals in order of arrival, and climbs the ladder of
 * the open stage while none come. The next deadline is always one instant: a rung, or the end of somebody's answer.
 */
export async function approve(refund: RefundCase): Promise<void> {
  while (isUndecided(refund.state)) {
    if (refund.inbox.length > 0) {
      await takeOne(refund);
      continue;
    }
    const next = nextDeadline(refund.state);
    if (next && hasCome(next.at)) await record(refund, next.transition);
    else await waitFor(refund, next?.at ?? null, next?.summary ?? '');
  }
}

function nextDeadline({ stage, answer, round }: ProcessState) {
  if (answer)
    return {
      at: answer.deadlineAt,
      summary: `${answer.kind} is awaited until then`,
      transition: { id: `overdue-${answer.kind}-${answer.deadlineAt}`, kind: 'answer_overdue', answer } as const,
    };
  const rung = stage?.rungs[0];
  if (!stage || !rung) return null;
  return {
    at: rung.at,
    summary: `${rung.act} ${stage.id}`,
    transition: {
      id: `rung-${round}-${stage.id}-${rung.act}-${rung.n}-${rung.at}`,
      kind: 'rung',
      stageId: stage.id,
      round,
      rung,
    } as const,
  };
}
