/** Whose an item of the desk is until somebody takes it, and how long it may wait. */
export interface DeskRule {
  ownerRole: 'finance' | 'admin';
  /** By the wall clock: money does not wait for working days. */
  dueInHours: number;
}

const RULES: Readonly<Record<string, DeskRule>> = {
  payment_contradiction: { ownerRole: 'finance', dueInHours: 4 },
  payment_returned: { ownerRole: 'finance', dueInHours: 8 },
  payment_failed: { ownerRole: 'finance', dueInHours: 8 },
  second_person_needed: { ownerRole: 'finance', dueInHours: 8 },
  payment_held: { ownerRole: 'finance', dueInHours: 8 },
  awaiting_funds: { ownerRole: 'finance', dueInHours: 8 },
  payment_unresolved: { ownerRole: 'finance', dueInHours: 12 },
  dispute_opened: { ownerRole: 'finance', dueInHours: 24 },
  unmatched_provider_event: { ownerRole: 'finance', dueInHours: 24 },
  provider_event_after_close: { ownerRole: 'finance', dueInHours: 24 },
  arrival_overdue: { ownerRole: 'finance', dueInHours: 48 },
  stage_overdue: { ownerRole: 'finance', dueInHours: 8 },
  first_response_overdue: { ownerRole: 'finance', dueInHours: 8 },
  no_eligible_person: { ownerRole: 'finance', dueInHours: 8 },
  workflow_ended_early: { ownerRole: 'admin', dueInHours: 4 },
  message_undeliverable: { ownerRole: 'admin', dueInHours: 48 },
  webhook_undeliverable: { ownerRole: 'admin', dueInHours: 48 },
};

const OTHERS: DeskRule = { ownerRole: 'finance', dueInHours: 24 };

/** Every item has an owner and a clock, also of a kind that has no rule of its own. */
export const deskRuleOf = (kind: string): DeskRule => RULES[kind] ?? OTHERS;

/** When an item that is opened now is due, as an ISO instant. */
export const deskDueAt = (kind: string, nowIso: string): string =>
  new Date(Date.parse(nowIso) + deskRuleOf(kind).dueInHours * 3_600_000).toISOString();
