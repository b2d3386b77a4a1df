/** Which student worker gets which run, which teachers each worker loads, and how many workers are wanted. Pure. */
export {
  desiredTeacherWorkers,
  RecentWants,
  type TeacherWants,
} from './desired-teacher-workers.js';
export { cannotAnswer, hopelessTeacher, type TeacherChance } from './hopeless-teacher.js';
export {
  type Placement,
  place,
  type RunNeed,
  unfitTeacher,
  type WorkerBudget,
} from './placement.js';
export type { GpuPlace, TeacherPlace } from './worker-load.js';
