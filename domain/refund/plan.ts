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

/** A limit that a rule of the policy sets to a stage beside its clock: the earliest wins. */
export interface StageLimit {
  /** Of the rule. */
  id: string;
  label: LocalizedText;
  /** Working days, counted as the clock's; it stands still with the clock. */
  businessDays?: number;
  /** An instant that was fixed at acceptance; no pause moves it. */
  before?: string;
  /** The law that says so. */
  law?: { source: string; confirmedByCounsel: boolean };
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
  /** The calendar of its team; absent: the plan's. */
  calendarId?: string;
  limits?: StageLimit[];
}

/** The calendar that a stage of a plan goes by; without a stage, the plan's. */
export const calendarIdOf = (plan: Plan, stageIndex: number | null): string =>
  (stageIndex === null ? undefined : plan.stages[stageIndex]?.calendarId) ?? plan.calendarId;

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
  /** Working days in which a customer takes less than they asked for, or not; absent: it is paid without asking. */
  offerBusinessDays?: number;
  arrivalWatchDays: number;
  /** Working days until the money is there, by payment method: what the customer is promised. */
  arrivalBusinessDays: Record<string, { from: number; to: number }>;
  /** Minor units: decisions about no more may be taken by the link in a letter. Absent: none may. */
  stepUpMinor?: number;
  /** Set where the policy has one person decide everything: who asked or has decided before may decide too. */
  dutiesOff?: true;
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
