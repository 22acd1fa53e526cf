import type { RefundWorkflowInput, Verdict } from '../../contract';
import {
  isAskedAfterAll,
  isOver,
  PAYING_STATUSES,
  type ProcessState,
  type Refusal,
  type Transition,
} from '../../domain/refund';

/** What became of a command: its verdict, or why it was refused. */
export type Outcome = { verdict: Verdict; refused: null } | { verdict: null; refused: Refusal };

/** Something to record, and whom to tell what became of it. */
export interface Queued {
  transition: Transition;
  answer?: (outcome: Outcome) => void;
}

/** One refund in its workflow. `state` changes only to what the record step answers. */
export interface RefundCase {
  input: RefundWorkflowInput;
  state: ProcessState;
  /** Everything that happened and is not recorded yet, in order of arrival; the main function is the one consumer. */
  inbox: Queued[];
  /** By transition id: a command that comes twice is answered twice and recorded once. */
  outcomes: Record<string, Outcome>;
  /** Legs whose payment activity is running, or has answered and is not recorded yet. */
  busyLegs: Record<string, true>;
  /** How many payment activities were started: makes their transition ids. */
  payments: number;
  /** The instant of the timer that runs, or null: a later need waits for it instead of starting another. */
  wakeAt: string | null;
  /** Letters and CRM notes under way beside the process. */
  telling: Promise<void>[];
  /** Whether letters and CRM are one activity: as the last record step said. */
  tellsTogether: boolean;
  /** What the search attributes show. */
  shown: { status: string; stage: string | null };
}

/** A refund as its workflow begins: what acceptance has written. */
export function openCase(input: RefundWorkflowInput): RefundCase {
  const { state } = input;
  return {
    input,
    state,
    inbox: [],
    outcomes: {},
    busyLegs: {},
    payments: 0,
    wakeAt: null,
    telling: [],
    tellsTogether: false,
    shown: { status: state.status, stage: state.stage?.id ?? null },
  };
}

/** True while there is something to pay, or to ask the provider about what was given up. */
export const isUnsettled = ({ state }: RefundCase): boolean =>
  PAYING_STATUSES.includes(state.status) && (!isOver(state) || isAskedAfterAll(state));
