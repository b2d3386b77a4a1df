/** When a student is validated, and which of two validations is better. */
import { type Dataset, splitSamples } from '@lyceum/learning/datasets';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Validation } from '../../job/index.js';

/** Strictly better: of two equal ones the earlier stays. */
export function isBetter(
  metric: 'nll' | 'accuracy',
  candidate: Validation,
  best: Validation | undefined,
): boolean {
  if (best === undefined) return true;
  return metric === 'nll' ? candidate.nll < best.nll : candidate.accuracy > best.accuracy;
}

/** Steps between two validations; default: a pass over the whole train split, even if only a part of it is visited. */
export function validationSteps({ spec }: RunSpecification, dataset: Dataset): number {
  const { selection, training } = spec;
  const trainCount = splitSamples(dataset, 'train').length;
  return selection.everySteps ?? Math.ceil(trainCount / training.batchSize);
}
