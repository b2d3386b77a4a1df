/** Which of two validations is the better. */
import type { Validation } from '../../job/index.js';

/** Strictly: of equals the earlier one stays. */
export function isBetter(
  metric: 'nll' | 'accuracy',
  candidate: Validation,
  best: Validation | undefined,
): boolean {
  if (best === undefined) return true;
  return metric === 'nll' ? candidate.nll < best.nll : candidate.accuracy > best.accuracy;
}
