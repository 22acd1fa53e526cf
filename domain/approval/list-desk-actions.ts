import type { Actor, DeskAction, ProcessState } from '../refund';
import { judgeDeskAction, type DeskObstacle } from './judge-desk';

/** An act that a desk item offers, or why it cannot be done now. */
export interface UnavailableAction {
  action: string;
  why: DeskObstacle | 'same_person' | 'settled_by_process' | 'item_resolved';
}

export interface OfferedActions {
  actions: string[];
  unavailable: UnavailableAction[];
}

/** Kinds that the process itself settles: closing the item by hand would hide what is still open. */
export const SETTLED_BY_PROCESS: readonly string[] = [
  'stage_overdue',
  'first_response_overdue',
  'payment_failed',
  'payment_returned',
  'payment_unresolved',
  'payment_held',
  'awaiting_funds',
  'second_person_needed',
];

const ABOUT_STAGES: readonly string[] = ['stage_overdue', 'first_response_overdue', 'no_eligible_person'];
const ABOUT_MONEY: readonly string[] = [
  'payment_failed',
  'payment_returned',
  'payment_unresolved',
  'payment_contradiction',
  'arrival_overdue',
];
const ABOUT_HOLDS: readonly string[] = ['payment_held', 'awaiting_funds'];

/**
 * What can be done about an item now, and what of its kind cannot and why. The same rule judges again when it is asked for
 * and when it is recorded.
 * @param process of the refund that the item is about; null when it is about none
 * @param reader whose screen this is: a second person is offered what the proposer is not; null: anybody's
 * @param hasEnded whether no workflow of the refund can act any more
 */
export function listDeskActions(
  item: { kind: string; status: string; data: Record<string, unknown> },
  process: ProcessState | null,
  reader: Actor | null,
  hasEnded: boolean,
): OfferedActions {
  if (item.status !== 'open') return { actions: [], unavailable: [] };
  const offered: OfferedActions = { actions: [], unavailable: [] };
  const offer = (action: string, why: UnavailableAction['why'] | null): void => {
    if (why === null) offered.actions.push(action);
    else offered.unavailable.push({ action, why });
  };
  if (process)
    for (const action of actsOf(item, process)) {
      const refused = judgeDeskAction(process, action, reader);
      const why = refused && (refused.code === 'same_person' ? 'same_person' : (refused.data['why'] as DeskObstacle));
      offer(action.act, why ?? (hasEnded ? 'refund_over' : null));
    }
  offer('assign_owner', null);
  offer('resolve', SETTLED_BY_PROCESS.includes(item.kind) ? 'settled_by_process' : null);
  return offered;
}

/** The acts that an item's kind is about, with what the item names. */
function actsOf(item: { kind: string; data: Record<string, unknown> }, process: ProcessState): DeskAction[] {
  const text = (name: string): string => (typeof item.data[name] === 'string' ? item.data[name] : '');
  if (ABOUT_STAGES.includes(item.kind)) {
    const stage = process.stage?.id ?? '';
    return [
      { act: 'reassign', stage, role: '' },
      { act: 'extend', stage, businessMinutes: 1 },
    ];
  }
  if (item.kind === 'second_person_needed') {
    const proposalId = text('proposalId');
    return [
      { act: 'confirm', proposalId },
      { act: 'reject', proposalId },
    ];
  }
  const legId = text('legId');
  const byTwo: DeskAction[] = [
    { act: 'alternative_route', legId, destinationId: '' },
    { act: 'manual_payment', legId, proofEvidenceId: '', paidAt: '' },
    { act: 'give_up', legId },
  ];
  if (ABOUT_HOLDS.includes(item.kind)) return [{ act: 'retry_held' }, ...byTwo];
  if (!ABOUT_MONEY.includes(item.kind)) return [];
  if (legId === '') return [{ act: 'query_payment' }];
  return [{ act: 'query_payment' }, { act: 'new_attempt', legId }, ...byTwo];
}
