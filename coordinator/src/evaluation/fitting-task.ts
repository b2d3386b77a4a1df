/** Fits a run's rule: over many samples that takes seconds. */
import {
  type Combination,
  type CombinationFit,
  fitCombination,
  type KnownClasses,
} from '@lyceum/learning/ensemble';

export interface FittingRequest {
  readonly combination: Combination;
  /** [M, C] a teacher, in ensemble order, of the validation split. */
  readonly teacherLogits: readonly Float32Array[];
  /** [M] */
  readonly labels: Int32Array;
  readonly classCount: number;
  /** In ensemble order. */
  readonly knownClasses: readonly KnownClasses[];
}

export function fitRule(request: FittingRequest): CombinationFit {
  const { combination, teacherLogits, labels, classCount, knownClasses } = request;
  return fitCombination(combination, teacherLogits, labels, classCount, { knownClasses });
}
