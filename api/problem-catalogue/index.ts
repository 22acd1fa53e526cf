import { DECISION_PROBLEMS } from './decisions';
import { DELEGATION_PROBLEMS } from './delegations';
import { DESTINATION_PROBLEMS } from './destinations';
import { DISPUTE_PROBLEMS } from './disputes';
import { PAYOUT_PROBLEMS } from './payouts';
import { POLICY_PROBLEMS } from './policies';
import { REFUND_PROBLEMS } from './refunds';
import { REQUEST_PROBLEMS } from './requests';
import { SURROUNDING_PROBLEMS } from './surroundings';

/** Every problem that a caller can be told. Codes are a promise to integrators: they are added, never changed. */
export const PROBLEMS = {
  ...REQUEST_PROBLEMS,
  ...REFUND_PROBLEMS,
  ...DECISION_PROBLEMS,
  ...DELEGATION_PROBLEMS,
  ...DESTINATION_PROBLEMS,
  ...DISPUTE_PROBLEMS,
  ...PAYOUT_PROBLEMS,
  ...POLICY_PROBLEMS,
  ...SURROUNDING_PROBLEMS,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
