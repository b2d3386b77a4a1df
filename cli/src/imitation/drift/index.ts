/** Whether a teacher's answers became other ones while they were collected. Pure. */
export { countsOf } from './counts.js';
export {
  type DriftWindow,
  driftOf,
  type TeacherDrift,
} from './drift.js';
export { type Count, likelihoodRatio } from './likelihood.js';
