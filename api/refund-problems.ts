import type { AnswerContradiction } from '../domain/process';
import type { Refusal } from '../domain/refund';
import { readPersonName, readSnapshotDifferences } from '../store';
import { isStaff } from './presenters/refund';
import { CONTRADICTIONS } from './contradictions';
import { obstacleWords } from './desk-words';
import { Problem } from './problems';
import type { AppDeps, Principal } from './types';

/** A refusal of the process as the problem that its caller is told, with what they need to go on. */
export async function refusalProblem(
  deps: Pick<AppDeps, 'db'>,
  refundId: string,
  refusal: Refusal,
  principal: Principal,
): Promise<Problem> {
  const { code, data } = refusal;
  const params = paramsOf(refusal);
  switch (code) {
    case 'already_decided': {
      const personId = typeof data['personId'] === 'string' ? data['personId'] : null;
      const name = personId !== null && isStaff(principal) ? await readPersonName(deps.db, personId) : null;
      return new Problem(code, {
        params,
        extra: {
          stage: data['stage'] ?? null,
          decision: data['decision'] ?? null,
          decidedBy: isStaff(principal) ? { id: personId, name } : null,
          decidedAt: data['at'] ?? null,
        },
      });
    }
    case 'claimed_by_other': {
      const personId = String(data['personId']);
      const name = isStaff(principal) ? await readPersonName(deps.db, personId) : null;
      const claimedBy = isStaff(principal) ? { id: personId, name } : null;
      return new Problem(code, {
        params,
        extra: { stage: data['stage'] ?? null, claimedBy, claimedUntil: data['until'] ?? null },
      });
    }
    case 'stale_snapshot': {
      const seen = Number(data['seen'] ?? 0);
      return new Problem(code, {
        params,
        extra: {
          seenVersion: data['seen'] ?? null,
          snapshotVersion: data['current'] ?? null,
          differences: await readSnapshotDifferences(deps.db, refundId, seen),
        },
      });
    }
    case 'same_person':
    case 'not_your_stage':
    case 'stage_not_open':
    case 'stage_overdue':
    case 'amount_not_allowed':
    case 'rounds_exhausted':
    case 'nothing_awaited':
    case 'no_offer_open':
    case 'not_declined':
    case 'appeal_window_closed':
    case 'appeal_used':
    case 'too_late':
    case 'not_paid':
    case 'command_invalid':
      return new Problem(code, { params, extra: { ...data } });
    case 'action_not_available':
      return new Problem(code, { params: { ...params, reason: obstacleWords(data['why']) }, extra: { ...data } });
    case 'contradictory_facts': {
      const why = String(data['why']);
      const reason = why in CONTRADICTIONS ? CONTRADICTIONS[why as AnswerContradiction] : '';
      return new Problem(code, { params: { reason }, extra: { ...data } });
    }
    case 'event_of_another_refund':
    case 'nothing_to_replan':
    case 'calendar_not_certified':
      // Only notifications of providers and changed calendars are refused so, and they have no caller; a command never is.
      return new Problem('command_invalid', { params });
  }
}

/** Words for placeholders that a refusal of the past no longer has a value for. */
const UNSAID: Record<string, string> = {
  decision: '–',
  at: '–',
  status: '–',
  stage: '–',
  roles: '–',
  rule: '–',
  act: '–',
  until: '–',
  appealedAt: '–',
};

function paramsOf(refusal: Refusal): Record<string, string | number> {
  const said = Object.entries(refusal.data).filter((entry): entry is [string, string | number] => entry[1] !== null);
  return { ...UNSAID, ...Object.fromEntries(said) };
}
