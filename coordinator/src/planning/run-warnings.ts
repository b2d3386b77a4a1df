/** What is probably wrong with a run that can be run all the same. */
import { termOf } from '@lyceum/learning/objectives';
import { orderText, type RunRecord } from '../runs/index.js';

type WarnedRun = Pick<RunRecord, 'specification' | 'labelledTrainCount' | 'sampleOrder'>;

/** @returns sentences for whoever submits it. */
export function runWarnings(record: WarnedRun): string[] {
  return [...withoutLabels(record), ...orderWarnings(record)];
}

/** What was chosen for it, and what it would better not have named. */
function orderWarnings({ specification, sampleOrder }: WarnedRun): string[] {
  if (sampleOrder === undefined) return [];
  const named = specification.spec.training.order;
  if (named === undefined) return [`spec.training.order is ${orderText({ sampleOrder })}`];
  return [];
}

function withoutLabels({ specification, labelledTrainCount }: WarnedRun): string[] {
  const { objective } = specification.spec;
  const index = objective.findIndex((own) => termOf(own).of === 'labels' && own.weight > 0);
  if (index < 0 || labelledTrainCount > 0) return [];
  return [
    `spec.objective[${index}]: ${objective[index]?.term} compares with labels, and no sample of the train split has one, so it is always 0; leave it out, or push the set with --label`,
  ];
}
