export { firstResponseDueAt } from './deadlines';
export { evaluatePolicy, planFrom, type PolicyEvaluation, type PolicyFacts, type ReasonProblem } from './evaluate';
export { buildLadder, type Ladder, shiftLadder } from './ladder';
export {
  DECIDING_ROLES,
  InvalidPolicyError,
  parsePolicy,
  PAYMENT_METHODS,
  type PaymentMethod,
  type PolicyDocument,
  policyDocumentSchema,
  type Tier,
  TIERS,
} from './schema';
