import { listDeskActions } from '../../domain/approval';
import { cureOf, HOLD_REASONS, HOLD_RULES, type HoldCure, type HoldReason } from '../../domain/payment';
import { hasEnded, type Actor, type ProcessState, type Proposal } from '../../domain/refund';
import type { DeskItem } from '../../store';
import { DESK_OBSTACLE_WORDS } from '../desk-words';
import type { Language, Principal } from '../types';
import { failureOfDeskItem } from './failure';

/** A desk item for whoever reads it: what can be done about it now, and why the rest cannot. */
export function presentDeskItem(
  item: DeskItem,
  process: ProcessState | null,
  reading: { principal: Principal; language: Language },
  nowIso: string,
): object {
  const ended = process !== null && hasEnded(process, nowIso);
  const { actions, unavailable } = listDeskActions(item, process, actorOfReader(reading.principal), ended);
  return {
    ...item,
    overdue: item.status === 'open' && item.dueAt !== null && item.dueAt < nowIso,
    actions,
    failure: failureOfDeskItem(item.data, reading.language),
    hold: holdOf(item, reading.language),
    unavailable: unavailable.map((one) => ({ ...one, message: DESK_OBSTACLE_WORDS[one.why][reading.language] })),
    proposals: item.status === 'open' ? proposalsOf(item, process) : [],
    links: { refund: item.refundId && `/v1/refunds/${item.refundId}` },
  };
}

/** What waits for a second person about the payment that the item names. */
function proposalsOf(item: DeskItem, process: ProcessState | null): Proposal[] {
  const { legId } = item.data;
  return (process?.proposals ?? []).filter((proposal) => proposal.legId === legId);
}

/** What holds the payment that the item is about, and what to do; null when it is about no hold. */
function holdOf(
  { kind, data }: DeskItem,
  language: Language,
): { reason: HoldReason; cure: HoldCure; message: string } | null {
  if (kind !== 'payment_held' && kind !== 'awaiting_funds') return null;
  const reason = HOLD_REASONS.find((known) => known === data['reason']);
  return reason === undefined ? null : { reason, cure: cureOf(reason), message: HOLD_RULES[reason].staff[language] };
}

const actorOfReader = ({ kind, keyId, personId, roles }: Principal): Actor | null =>
  personId === null ? null : { kind, id: keyId, personId, roles };
