import type { Plan, ProcessState } from '../refund';
import { atStakeMinor } from './delegation';

/** A link in a letter, as its row stands: what it was written for. Instants are ISO. */
export interface DecisionLink {
  stageId: string;
  round: number;
  snapshotVersion: number;
  /** When the stage was due: another instant means that somebody moved it. */
  stageDueAt: string;
  expiresAt: string;
  wrongCodes: number;
  usedAt: string | null;
}

/** Why a link decides nothing any more. */
export type LinkEnd = 'used' | 'expired' | 'too_many_codes' | 'changed' | 'above_step_up';

/** Wrong codes after which a link is dead. */
export const MAX_WRONG_CODES = 5;

/** Whether what is at stake may be decided by a letter: up to the amount of the plan, which has none where it lets nobody. */
export const isBelowStepUp = (state: ProcessState, { stepUpMinor }: Pick<Plan, 'stepUpMinor'>): boolean =>
  stepUpMinor !== undefined && atStakeMinor(state) <= stepUpMinor;

/**
 * Why a link is dead, or null while it lives: it lives until it is used, has expired or met too many wrong codes, and as long as
 * the stage is open as it was when the letter was written, about the same snapshot and for no more than the step-up amount.
 * Whether its person may decide is not asked here; that is `judgeDecision`.
 */
export function endOfLink(
  link: DecisionLink,
  state: ProcessState,
  plan: Pick<Plan, 'stepUpMinor'>,
  at: string,
): LinkEnd | null {
  if (link.usedAt !== null) return 'used';
  if (link.wrongCodes >= MAX_WRONG_CODES) return 'too_many_codes';
  if (at >= link.expiresAt) return 'expired';
  const { stage } = state;
  const isSame =
    state.status === 'in_review' &&
    stage?.id === link.stageId &&
    stage.pausedAt === null &&
    stage.dueAt === link.stageDueAt &&
    state.round === link.round &&
    state.snapshotVersion === link.snapshotVersion;
  if (!isSame) return 'changed';
  return isBelowStepUp(state, plan) ? null : 'above_step_up';
}
