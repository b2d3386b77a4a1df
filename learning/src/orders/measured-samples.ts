/**
 * Which samples of a split a run's models are measured on: all of validation and test, and so many of train that
 * measuring costs little beside training. Student workers and the coordinator choose the same, from the set alone.
 */
import { type DatasetSamples, type SplitName, splitSamples } from '../datasets/index.js';
import type { SampleOrder } from './order.js';
import { orderedSamples } from './sample-order.js';

/** An accuracy of 90 % of so many is known to half a point. */
const TRAIN_SAMPLES = 5000;
/** Numbers in one model's outputs: 16 MiB of float32, whatever the number of classes. */
const TRAIN_NUMBERS = 2 ** 22;

/** The choice among train is the beginning of this order. Fixed for ever: reports are compared. */
const MEASURED_TRAIN_SEED = 0;

/** Samples of the split that are measured. */
function measuredCount(dataset: DatasetSamples, split: SplitName): number {
  const { length } = splitSamples(dataset, split);
  if (split !== 'train') return length;
  const most = Math.min(TRAIN_SAMPLES, Math.floor(TRAIN_NUMBERS / dataset.classCount));
  return Math.min(length, most);
}

/** Of a set in shards, positions of a block of that order: so many samples are near each other on disk. */
const TRAIN_BLOCK = 1024;

/** Indices of these samples: of train in the order above, of the others in the split's own. */
export function measuredSamples(dataset: DatasetSamples, split: SplitName): Uint32Array {
  const samples = splitSamples(dataset, split);
  if (split !== 'train') return samples;
  const { chunkEnds } = dataset;
  const order = measuredTrainOrder(dataset);
  return orderedSamples(samples, chunkEnds, order, 0, measuredCount(dataset, split));
}

/** The order at whose beginning the measured samples of train are. */
export function measuredTrainOrder({ chunkEnds }: Pick<DatasetSamples, 'chunkEnds'>): SampleOrder {
  const order = { seed: MEASURED_TRAIN_SEED, epoch: 0 };
  return chunkEnds === undefined ? order : { ...order, blockPositions: TRAIN_BLOCK };
}
