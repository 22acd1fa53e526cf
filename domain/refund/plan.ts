/** A text in the languages Redress speaks. */
export interface LocalizedText {
  en: string;
  'zh-CN': string;
}

/** When a stage is due. Working days and minutes are those of the plan's calendar. */
export interface StageClock {
  /** Counted from the base of the round: acceptance, or the answer that opened a new round. */
  dueBusinessDays: number;
  /** A stage that opens late still gets this much working time. */
  minimumBusinessMinutes: number;
}

/** What happens while nobody decides. Percentages are of the stage's working time. */
export interface StageLadder {
  remindAtPercent: number[];
  /** Roles that may decide too, in order: the first at the due instant, the next half a period later. */
  escalateTo: string[];
  /** Working time between escalations, and from the last one to the desk. */
  stepPercent: number;
}

export interface PlanStage {
  id: string;
  label: LocalizedText;
  role: string;
  /** How many people must approve. */
  quorum: number;
  clock: StageClock;
  ladder: StageLadder;
}

/**
 * Who decides what and by when, as a generic value: the workflow knows plans, not policies.
 * Fixed at acceptance; later policies do not touch it.
 */
export interface Plan {
  policyName: string;
  policyVersion: number;
  tier: string;
  calendarId: string;
  stages: PlanStage[];
  informationBusinessDays: number;
  correctionBusinessDays: number;
  maxCorrectionRounds: number;
  appealWindowDays: number;
  arrivalWatchDays: number;
  /** Working days until the money is there, by payment method: what the customer is promised. */
  arrivalBusinessDays: Record<string, { from: number; to: number }>;
  /** The rule by which the machine approved at acceptance; then there are no stages. Absent: people decide. */
  approvedBy?: string;
  /** By the wall clock from the last approval until the payment may leave. Absent: none. */
  coolingOffHours?: number;
}

/** One step of a ladder, at an instant that a business calendar has fixed. */
export interface Rung {
  act: 'remind' | 'escalate' | 'desk' | 'first_response';
  at: string;
  /** For an escalation: the role that may decide from now on too. */
  role?: string;
  /** Counts rungs of the same act within a stage, from 1. */
  n: number;
}
