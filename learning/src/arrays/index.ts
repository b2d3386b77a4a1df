/**
 * Arithmetic on plain arrays: softmax, greatest values, hashes, assignments. It knows no data set, no teacher and no
 * file.
 */
export { argmaxRows } from './argmax.js';
export { bestAssignment } from './best-assignment.js';
export { greatestClasses, residualOf } from './greatest-classes.js';
export { GrowingInt32 } from './growing-int32.js';
export {
  FNV_OFFSET,
  fnv1a32,
  fnv1a32Byte,
  fnv1a32Decimal,
  mix32,
  mixedInt32,
  mulberry32,
} from './hashing.js';
export { LEAST_PROBABILITY, logProbability, SUM_TOLERANCE } from './log-probability.js';
export {
  logSoftmaxRow,
  logSoftmaxRows,
  softmaxInPlace,
  type Values,
} from './log-softmax.js';
export { exponentials } from './log-softmax-kernel.js';
export { NUMERICS_VERSION } from './numerics-version.js';
export { leastOnSimplex } from './simplex-quadratic.js';
