/** Problems that keep the rule of a run's ensemble from being fitted. */
import { splitSamples } from '@lyceum/learning/datasets';
import { fitNumberCount, needsFit } from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import { FIT_MAX_NUMBERS, type Problem } from '@lyceum/proto';
import type { DatasetOutline } from '../../artifacts/index.js';

export function fitProblems(specification: RunSpecification, dataset: DatasetOutline): Problem[] {
  if (specification.kind !== 'Distillation') return [];
  const { ensemble, teachers } = specification.spec;
  if (!needsFit(ensemble)) return [];
  const path = `spec.ensemble.${ensemble.calibrate === true ? 'calibrate' : 'combine'}`;
  const problems: Problem[] = [];
  const heldOut = splitSamples(dataset, 'validation');
  if (!heldOut.some((sample) => (dataset.labels[sample] as number) >= 0)) {
    const message =
      'is fitted on the validation split of spec.dataset, where no sample has a label; combine: entropy needs none';
    problems.push({ path, message });
  }
  const { classCount } = dataset;
  const numberCount = fitNumberCount(ensemble, teachers.length, classCount);
  if (numberCount > FIT_MAX_NUMBERS) {
    const message = `is fitted with ${numberCount} numbers for ${teachers.length} teachers and ${classCount} classes, and a run keeps ${FIT_MAX_NUMBERS}; combine: mixture-em needs ${teachers.length}`;
    problems.push({ path, message });
  }
  return problems;
}
