import type { Transition } from '../refund';

/** A command row as the record step finds it. */
export interface StoredCommand {
  id: string;
  kind: string;
  refundId: string | null;
  principalId: string;
  personId: string | null;
  roles: string[];
  body: Record<string, unknown>;
  outcome: string;
  expiresAt: string;
}

/** What kind of command a transition must point to; null when it points to none. */
export function commandKindOf(transition: Transition): string | null {
  switch (transition.kind) {
    case 'decision':
      return 'decide';
    case 'withdrawal':
      return 'withdraw';
    case 'information':
      return 'inform';
    case 'acceptance':
      return 'accept_offer';
    case 'appeal':
      return 'appeal';
    case 'receipt':
      return 'confirm_receipt';
    case 'desk_action':
      return 'act_on_desk';
    case 'rung':
    case 'answer_overdue':
    case 'appeal_overdue':
    case 'payment':
    case 'provider_event':
    case 'arrival_overdue':
    case 'order_changed':
    case 'replan':
      return null;
  }
}

/**
 * Why a message does not stand for its command, or null when it does. A message that was typed into a console has no
 * row, or says something else than the row: it changes nothing.
 * @param at the workflow's time: a command can wait ten minutes, not longer.
 */
export function commandMismatch(
  transition: Transition,
  command: StoredCommand | null,
  refundId: string,
  at: string,
): string | null {
  const kind = commandKindOf(transition);
  if (kind === null) return null;
  if (!command) return 'missing';
  if (command.kind !== kind || command.refundId !== refundId) return 'of_another_refund';
  if (command.outcome !== 'open') return 'used';
  if (command.expiresAt < at) return 'expired';
  if (
    !('actor' in transition) ||
    transition.actor.id !== command.principalId ||
    transition.actor.personId !== command.personId
  )
    return 'of_another_person';
  if (!transition.actor.roles.every((role) => command.roles.includes(role))) return 'of_other_roles';
  if (transition.kind === 'decision') {
    const { stage, decision, snapshotVersion, approvedAmountMinor } = command.body;
    const { content } = transition;
    const same =
      stage === content.stage &&
      decision === content.decision &&
      snapshotVersion === content.snapshotVersion &&
      (approvedAmountMinor ?? null) === content.approvedAmountMinor;
    if (!same) return 'says_otherwise';
  }
  if (transition.kind === 'desk_action') {
    const { act, ...rest } = transition.action;
    const says = Object.entries(rest).every(([key, value]) => command.body[key] === value);
    if (command.body['action'] !== act || !says) return 'says_otherwise';
  }
  return null;
}
