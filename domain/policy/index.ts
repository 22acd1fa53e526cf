export { firstResponseDueAt } from './deadlines';
export { checkCondition, type ConditionProblem, MAX_CONDITION_LENGTH } from './conditions';
export {
  checkReason,
  type CustomerFacts,
  evaluatePolicy,
  planFrom,
  type PolicyEvaluation,
  type PolicyFacts,
  type ReasonProblem,
} from './evaluate';
export { keptFacts } from './kept-facts';
export {
  chooseVersions,
  judgePolicyApproval,
  POLICY_STATES,
  POLICY_STATUSES,
  policyStateAt,
  type PolicyCourse,
  type PolicyState,
  type PolicyStatus,
  type ReviewRefusal,
  versionName,
} from './lifecycle';
export { buildLadder, chooseDue, type Ladder, ladderUntil, shiftLadder } from './ladder';
export { calendarFor, limitsFor, type AppliedLimit } from './stage-limits';
export {
  DECIDING_ROLES,
  InvalidPolicyError,
  parseDraft,
  parsePolicy,
  PAYMENT_METHODS,
  type PaymentMethod,
  type PolicyDocument,
  policyDocumentSchema,
  type Tier,
  TIERS,
} from './schema';
