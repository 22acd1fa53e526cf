/** What the workflow of a reconciliation starts with; nothing: the schedule's own round. */
export interface ReconcilePaymentsInput {
  /** The command that asked for it; day and provider are read from its row, never from the workflow's input. */
  commandId?: string;
}

/** A run that has been created, as the workflow works on it. */
export interface PlannedRun {
  runId: string;
  /** Runs of one lane go one after the other, in the order of their days. */
  lane: string;
  /** How long the provider's record is waited for. */
  patienceMs: number;
}

/** What became of an attempt to load a day. */
export type SettlementLoad =
  | { state: 'loaded'; lines: number }
  /** The provider has no record yet. */
  | { state: 'not_ready'; code: string };

export interface ReconcilePaymentsResult {
  runs: number;
  done: number;
  givenUp: number;
  opened: number;
  resolved: number;
}

export const RECONCILE_WORKFLOW_TYPE = 'reconcilePaymentsWorkflow';

/** The id of the workflow that a request starts; the schedule's begin with the schedule's id as well. */
export const reconcileWorkflowId = (commandId: string): string => `reconcile-payments-${commandId}`;
