/**
 * What a combination knows of each teacher: its share, its classes, its temperature, and whether it knows anything.
 */
export { calibrate, fitTemperature } from './calibration.js';
export { canTellOrder, guessedShare, isBetterOrder } from './class-order.js';
export {
  type AmongKnown,
  amongKnown,
  classMask,
  type KnownClasses,
  withoutUnknown,
} from './known-classes.js';
export {
  finalAnswerKnowledge,
  type TeacherKnowledge,
  teacherKnowledge,
} from './teacher-knowledge.js';
export { rowShares, sharesOrEqual, teacherShares } from './teacher-shares.js';
