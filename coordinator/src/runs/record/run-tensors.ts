/**
 * The tensors that a run's teachers are asked for, the tensors that its targets carry, and the grid that follows from
 * their sizes. Pure functions of the record: every caller finds the same.
 */
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { targetPlan, targetRowShape } from '@lyceum/learning/ensemble';
import { CLASS_OUTPUT, elementCount, featuresName, layerOutput } from '@lyceum/proto';
import type { AnswerOutput } from '../../answers/index.js';
import { gridOfSpans, type SpanGrid, spanGrid, teacherWindowSteps } from '../../schedule/index.js';
import type { PinnedTeacher } from './pinned-teacher.js';
import type { PinnedFeature, RunRecord } from './run-record.js';

/** A tensor of a target. */
export interface TargetTensorShape {
  readonly name: string;
  /** Shape of one sample's row. */
  readonly rowShape: readonly number[];
}

/** A teacher's features as one of a target's tensors. */
export interface FeatureTensor extends TargetTensorShape {
  /** The teacher's ensemble index. */
  readonly teacher: number;
  readonly output: AnswerOutput;
}

/** The features that a run's targets carry, in their order there. */
export function featureTensors({
  features,
  teachers,
}: Pick<RunRecord, 'features' | 'teachers'>): FeatureTensor[] {
  return features.map(({ teacher, layer, shape }) => ({
    name: featuresName(teachers[teacher]?.name ?? '', layer),
    rowShape: shape,
    teacher,
    output: featuresOf(layer, shape),
  }));
}

/**
 * What a teacher of this access answers for a sample: its logits, or only the class that it chooses.
 *
 * @param codec - codec of logits; a class is always one float32.
 */
export function ownAnswer(
  access: PinnedTeacher['access'] | undefined,
  classCount: number,
  codec: AnswerCodec,
): AnswerOutput {
  if (access === 'black') return { name: CLASS_OUTPUT, rowLength: 1, codec: 'float32' };
  return { name: 'logits', rowLength: classCount, codec };
}

/** The outputs that a run asks a teacher for, sorted by name. */
export function teacherOutputs(
  {
    features,
    dataset,
    teachers,
    answerCodec = 'float32',
  }: Pick<RunRecord, 'features' | 'dataset' | 'teachers' | 'answerCodec'>,
  teacher: number,
): AnswerOutput[] {
  const layers = features
    .filter((feature) => feature.teacher === teacher)
    .map(({ layer, shape }) => featuresOf(layer, shape));
  const own = ownAnswer(teachers[teacher]?.access, dataset.classCount, answerCodec);
  return [...layers, own].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Features are not compressed: how a codec of features would harm a student has not been measured. */
function featuresOf(layer: string, shape: readonly number[]): AnswerOutput {
  return { name: layerOutput(layer), rowLength: elementCount(shape), codec: 'float32' };
}

/** Names and shapes of the tensors in each target, in their order; empty for a run without teachers. */
export function targetTensors(record: RunRecord): TargetTensorShape[] {
  if (record.specification.kind !== 'Distillation') return [];
  const { classCount } = record.dataset;
  const tensors = targetPlan(record.specification.spec).tensors.map((tensor) => ({
    name: tensor.name,
    rowShape: targetRowShape(tensor, classCount),
  }));
  return [...tensors, ...featureTensors(record)];
}

type GridFacts = Pick<RunRecord, 'plan' | 'dataset' | 'features'>;

/** The grid of a run's training. */
export function gridOf(record: GridFacts & Pick<RunRecord, 'sampleOrder'>): SpanGrid {
  const { plan, sampleOrder } = record;
  return sampleOrder === undefined ? newGrid(record) : gridOfSpans(plan, sampleOrder.spanPositions);
}

/**
 * The grid that a run begins with. The length of spans depends on the bytes of a target, which the student holds in
 * memory; so the features of all teachers count.
 *
 * @param pictureBytes - of a decoded picture, for a set in shards.
 */
export function newGrid({ plan, dataset, features }: GridFacts, pictureBytes?: number): SpanGrid {
  return spanGrid(plan, 4 * (dataset.classCount + featureValueCount(features)), pictureBytes);
}

/** Bytes of one teacher's answer to a sample, with features; the mean over the run's teachers. */
export function meanAnswerBytes({
  dataset,
  features,
  teachers,
}: Pick<RunRecord, 'dataset' | 'features' | 'teachers'>): number {
  return 4 * (dataset.classCount + featureValueCount(features) / teachers.length);
}

/** How many steps of a run are asked about at a time, if `workerCount` workers have its teachers loaded. */
export function windowStepsOf(record: RunRecord, grid: SpanGrid, workerCount: number): number {
  const teacherCount = record.teachers.length;
  return teacherWindowSteps(grid, { workerCount, teacherCount, rowBytes: meanAnswerBytes(record) });
}

/** Count of numbers in one sample's features, over all teachers and layers. */
export function featureValueCount(features: readonly PinnedFeature[]): number {
  return features.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
