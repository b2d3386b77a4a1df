/** Finds whether a teacher's answers changed while they were collected. Pure. */
export { countsOf } from './counts.js';
export {
  type Drift,
  type DriftWindow,
  driftOf,
  type TeacherDrift,
  type TeacherSaid,
} from './drift.js';
export { type Count, likelihoodRatio } from './likelihood.js';
