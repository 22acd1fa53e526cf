export {
  type AskedStage,
  type Change,
  CHANGES,
  changesBetween,
  Judge,
  type JudgedOutcome,
  keptOutcome,
  type Outcome,
  type Verdict,
} from './outcome';
export { type HourLoad, type RoleLoad, StageLoad, type StageLoadReport } from './stage-load';
export {
  type CaseDifference,
  type ExposedMoney,
  type SimulatedCase,
  type SimulationReport,
  SimulationTally,
} from './tally';
