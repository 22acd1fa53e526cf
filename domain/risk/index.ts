export {
  assessRisk,
  DEFAULT_RISK_POINTS,
  isAtLeast,
  RISK_GRADES,
  RISK_SIGNALS,
  type RiskAssessment,
  type RiskGrade,
  type RiskReason,
  type RiskRequest,
  type RiskScale,
  type RiskSignal,
} from './assess';
export type { RiskFacts } from './facts';
export { LIST_EFFECTS, LIST_KINDS, type ListedFact, type ListEffect, listingOf, type ListKind } from './listed';
export { type ApprovalFact, findStaffSignals, type StaffSignal } from './staff';
