/** Compares runs: their students on the same samples, and the table of a sweep. Pure. */
export {
  type ArmDifference,
  armsOf,
  BOOTSTRAP,
  type ComparedRun,
  compareRuns,
  type RunComparison,
  type RunPair,
  type SeedDifference,
} from './compare-runs.js';
export {
  type CostRow,
  type CostsBy,
  costsBy,
  deviceSeconds,
  type RunExpense,
  runExpense,
} from './device-costs.js';
export {
  type ArmDifferenceOverRuns,
  comparableRuns,
  type MeanOverSeeds,
  type SweepArm,
  type SweepTable,
  type SweptFigures,
  type SweptRun,
  sweepTable,
} from './sweep-table.js';
export {
  addPrice,
  checkWorth,
  type StudentLoss,
  studentLoss,
  type TeacherPrice,
  type TeacherWorth,
  type TeacherWorthRow,
  teacherWorth,
} from './teacher-worth.js';
export { WORTH_LABEL, type WorthRun, worthRuns } from './without-teacher.js';
