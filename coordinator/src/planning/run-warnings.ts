/** What is probably wrong with a run that can be run all the same. */
import { termOf } from '@lyceum/learning/objectives';
import type { RunRecord } from '../runs/index.js';

/** @returns sentences for whoever submits it. */
export function runWarnings({
  specification,
  labelledTrainCount,
}: Pick<RunRecord, 'specification' | 'labelledTrainCount'>): string[] {
  const { objective } = specification.spec;
  const index = objective.findIndex((own) => termOf(own).of === 'labels' && own.weight > 0);
  if (index < 0 || labelledTrainCount > 0) return [];
  return [
    `spec.objective[${index}]: ${objective[index]?.term} compares with labels, and no sample of the train split has one, so it is always 0; leave it out, or push the set with --label`,
  ];
}
