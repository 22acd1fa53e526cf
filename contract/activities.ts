import type { PlannedRun, SettlementLoad } from './reconciliation';
import type { PaymentSighting } from '../domain/payment';
import type { RecordedTransition, RecordTransitionInput } from '../domain/refund';

/** Which leg to pay or to ask about; amount and reference are read from the attempt's row. */
export interface PaymentStepInput {
  refundId: string;
  legId: string;
  attempt: number;
  now: string;
}

/** Whose parties to tell, or which state of the refund the CRM is to know. */
export interface TellInput {
  refundId: string;
  seq: number;
  now: string;
}

/** What a batch of deliveries came to, and when the next row is due. */
export interface DeliveryBatchResult {
  sent: number;
  failed: number;
  /** ISO instant of the next row that waits for its time, or null. */
  nextDueAt: string | null;
  /** True when the batch was full: more is due already. */
  more: boolean;
}

export interface SweepResult {
  found: number;
  done: number;
}

/** Activities by retry class. Names are for ever. */
export interface RecordActivities {
  /** The record step: one transition, one transaction. Local. */
  recordTransition(input: RecordTransitionInput): Promise<RecordedTransition>;
}

export interface PaymentActivities {
  instructPayment(input: PaymentStepInput): Promise<PaymentSighting>;
  queryPayment(input: PaymentStepInput): Promise<PaymentSighting>;
}

export interface TellActivities {
  /** The letters and the CRM record of a transition. */
  tellOutsiders(input: TellInput): Promise<void>;
  /** The letters alone, for refunds whose course was begun by workers that knew no `tellOutsiders`. */
  notifyParties(input: TellInput): Promise<void>;
  /** The CRM record alone, likewise. */
  syncCrm(input: TellInput): Promise<void>;
}

export interface DeliveryActivities {
  deliverDueMessages(input: { limit: number }): Promise<DeliveryBatchResult>;
  /** Apart from letters: a subscriber that answers slowly delays nobody's letter. */
  deliverDueWebhooks(input: { limit: number }): Promise<DeliveryBatchResult>;
}

export interface MaintenanceActivities {
  startAcceptedRefunds(input: { limit: number }): Promise<SweepResult>;
  signalStoredProviderEvents(input: { limit: number }): Promise<SweepResult>;
  /** Tells refunds of commands whose callers were never answered and did not ask again. */
  tellCommandsAgain(input: { limit: number }): Promise<SweepResult>;
  reportStrandedRefunds(input: { limit: number }): Promise<SweepResult>;
  /** Passes on that refunds are to be planned again, where the API has not managed to. */
  tellOpenReplans(input: { limit: number }): Promise<SweepResult>;
  /** Reminds the owners of desk items that have become overdue, once each. */
  remindOverdueDeskItems(input: { limit: number }): Promise<SweepResult>;
}

/** Comparing providers, books, workflows and CRM. Safe to repeat; each ends where an earlier attempt was cut off. */
export interface ReconciliationActivities {
  /** Creates the runs that are due, or those that a command asks for. */
  planReconciliation(input: { requestKey: string; commandId: string | null }): Promise<{ runs: PlannedRun[] }>;
  /** Stores every line of a run's day as the provider shows it. Calls the provider. */
  loadSettlement(input: { runId: string }): Promise<SettlementLoad>;
  /** Compares, and records the differences. */
  compareSettlement(input: { runId: string }): Promise<{ opened: number; seen: number; resolved: number }>;
  giveUpReconciliation(input: { runId: string; code: string }): Promise<void>;
}

/** What surrounds refunds by bank transfer: names, files that people have released, and keys that are replaced. */
export interface BankTransferActivities {
  checkPayees(input: { limit: number }): Promise<SweepResult>;
  syncBankFiles(input: { limit: number }): Promise<SweepResult>;
  resealDestinations(input: { limit: number }): Promise<SweepResult>;
}

export type RedressActivities = RecordActivities &
  PaymentActivities &
  TellActivities &
  DeliveryActivities &
  BankTransferActivities &
  MaintenanceActivities &
  ReconciliationActivities;
