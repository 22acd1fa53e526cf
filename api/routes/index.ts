import type { Router } from 'express';
import type { AppDeps } from '../types';
import { bankFileRoutes } from './bank-files';
import { bulkDecisionRoutes } from './bulk-decisions';
import { calendarReplanRoutes } from './calendar-replans';
import { calendarRoutes } from './calendars';
import { callHoursRoutes } from './call-hours';
import { claimRoutes } from './claims';
import { decisionRoutes } from './decisions';
import { delegationRoutes } from './delegations';
import { deskRoutes } from './desk';
import { destinationRoutes } from './destinations';
import { disputeRoutes } from './disputes';
import { evidenceRoutes } from './evidence';
import { fundsRoutes } from './funds';
import { goodwillBudgetRoutes } from './goodwill-budgets';
import { ledgerRoutes } from './ledger';
import { orderRoutes } from './orders';
import { reconciliationRoutes } from './reconciliations';
import { customerRoutes } from './customers';
import { staffRiskRoutes } from './staff-risk';
import { listEntryRoutes } from './list-entries';
import { payoutLimitRoutes } from './payout-limits';
import { payoutStopRoutes } from './payout-stops';
import { policyRoutes } from './policies';
import { policySimulationRoutes } from './policy-simulation';
import { refundPreviewRoutes } from './refund-preview';
import { refundRoutes } from './refunds';
import { settlementRateRoutes } from './settlement-rates';
import { taskRoutes } from './tasks';
import { webhookEndpointRoutes } from './webhook-endpoints';
import { webhookRoutes } from './webhooks';

/** Every router behind authentication; each names its full paths. */
export const protectedRoutes: ((deps: AppDeps) => Router)[] = [
  orderRoutes,
  customerRoutes,
  refundRoutes,
  refundPreviewRoutes,
  decisionRoutes,
  bulkDecisionRoutes,
  taskRoutes,
  claimRoutes,
  delegationRoutes,
  deskRoutes,
  reconciliationRoutes,
  payoutStopRoutes,
  payoutLimitRoutes,
  listEntryRoutes,
  staffRiskRoutes,
  disputeRoutes,
  fundsRoutes,
  evidenceRoutes,
  settlementRateRoutes,
  goodwillBudgetRoutes,
  ledgerRoutes,
  webhookEndpointRoutes,
  destinationRoutes,
  bankFileRoutes,
  policyRoutes,
  policySimulationRoutes,
  calendarRoutes,
  calendarReplanRoutes,
  callHoursRoutes,
];

/** Routers that authenticate by other means: they get the raw body and come before authentication. */
export const publicRoutes: ((deps: AppDeps) => Router)[] = [webhookRoutes];
