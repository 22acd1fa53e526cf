export {
  type AskedStage,
  type Change,
  CHANGES,
  changesBetween,
  clauseOf,
  Judge,
  type JudgedOutcome,
  type KeptDecision,
  keptOutcome,
  type Outcome,
  refusalOf,
  type Verdict,
  VERDICTS,
} from './outcome';
export { type HourLoad, type RoleLoad, StageLoad, type StageLoadReport } from './stage-load';
export {
  type CaseDifference,
  type ExposedMoney,
  type SimulatedCase,
  type SimulationReport,
  SimulationTally,
} from './tally';
