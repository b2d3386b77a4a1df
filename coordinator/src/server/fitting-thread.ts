/** The thread that fits a run's rule: over many samples that takes seconds. */
import {
  type Combination,
  type CombinationFit,
  fitCombination,
  type KnownClasses,
} from '@lyceum/learning/ensemble';
import { answerTask } from '../runs/thread-task.js';

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

answerTask(
  ({
    combination,
    teacherLogits,
    labels,
    classCount,
    knownClasses,
  }: FittingRequest): CombinationFit =>
    fitCombination(combination, teacherLogits, labels, classCount, { knownClasses }),
);
