/** Warnings about runs that are probably not what the user wants, but are possible. */
import { termOf } from '@lyceum/learning/objectives';
import { orderText, type RunRecord } from '../runs/index.js';

/** With large pictures, 8 GiB decoded: too much to expect that a worker's disk cache holds them all. */
const MANY_SPANS = 64;

type WarnedRun = Pick<RunRecord, 'specification' | 'labelledTrainCount' | 'sampleOrder' | 'plan'>;

/** Workers of each kind that are connected. */
interface WorkerCounts {
  readonly teachers: number;
  readonly students: number;
}

/** @returns sentences for the user who submits the run. */
export function runWarnings(record: WarnedRun): string[] {
  return [...withoutLabels(record), ...orderWarnings(record)];
}

/** @returns a sentence for each kind of worker that the run needs and that is not connected. */
export function lackingWorkers(
  { teachers: own }: Pick<RunRecord, 'teachers'>,
  { teachers, students }: WorkerCounts,
): string[] {
  const warnings: string[] = [];
  if (students === 0) warnings.push('no student worker is connected: the run will wait for one');
  if (teachers === 0 && own.length > 0) {
    warnings.push('no teacher worker is connected: the run may wait for one');
  }
  return warnings;
}

/** Tells the chosen order if the run names none; warns of `full` if `chunks` would read far less. */
function orderWarnings({ specification, sampleOrder, plan }: WarnedRun): string[] {
  if (sampleOrder === undefined) return [];
  const named = specification.spec.training.order;
  if (named === undefined) return [`spec.training.order is ${orderText({ sampleOrder })}`];
  const spansPerEpoch = Math.ceil(plan.sampleCount / sampleOrder.spanPositions);
  if (named !== 'full' || spansPerEpoch < MANY_SPANS) return [];
  return [
    `spec.training.order: full reads some of every chunk in each of the ${spansPerEpoch.toLocaleString('en-US')} spans of an epoch; chunks reads each chunk once`,
  ];
}

function withoutLabels({ specification, labelledTrainCount }: WarnedRun): string[] {
  const { objective } = specification.spec;
  const index = objective.findIndex((own) => termOf(own).of === 'labels' && own.weight > 0);
  if (index < 0 || labelledTrainCount > 0) return [];
  return [
    `spec.objective[${index}]: ${objective[index]?.term} compares with labels, and no sample of the train split has one, so it is always 0; leave it out, or push the set with --label`,
  ];
}
