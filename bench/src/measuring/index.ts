/** The parts that benches share: a cluster to measure, its teachers and runs, and results. */
export {
  assertNoneInferred,
  type BenchOptions,
  COMPUTE_THREADS,
  cacheFolder,
  cpuMsPerBatch,
  finished,
  progress,
  usage,
  withCluster,
} from './bench-cluster.js';
export {
  type BenchResult,
  type Figure,
  figureOf,
  median,
  NotHereError,
  resultLines,
  spread,
} from './bench-result.js';
export {
  makeTeachers,
  pushDataset,
  pushTeachers,
  trainTeachers,
  warmUpTeachers,
} from './bench-teachers.js';
export { peakResidentMib, resetPeak, residentMib, threadCpuSeconds } from './process-usage.js';
export {
  distillation,
  MODELS,
  STUDENT_THREADS,
  STUDENTS,
  type StudentName,
  TEACHERS,
  training,
} from './remote-teachers-runs.js';
