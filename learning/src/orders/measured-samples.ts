/**
 * Which samples of a split a run's models are measured on: all of validation and test, and only so many of train that
 * measuring costs little beside training. Student workers and the coordinator choose the same ones, from the set
 * alone.
 */
import { type DatasetSamples, type SplitName, splitSamples } from '../datasets/index.js';
import type { SampleOrder } from './order.js';
import { orderedSamples } from './sample-order.js';

/** On so many samples an accuracy of 90 % is known to half a point. */
const TRAIN_SAMPLES = 5000;
/** Greatest count of numbers in one model's outputs: 16 MiB of float32, whatever the number of classes. */
const TRAIN_NUMBERS = 2 ** 22;

/** Seed of the order whose beginning is measured of train. Fixed for ever: reports are compared with each other. */
const MEASURED_TRAIN_SEED = 0;

/** How many samples of the split are measured. */
function measuredCount(dataset: DatasetSamples, split: SplitName): number {
  const { length } = splitSamples(dataset, split);
  if (split !== 'train') return length;
  const most = Math.min(TRAIN_SAMPLES, Math.floor(TRAIN_NUMBERS / dataset.classCount));
  return Math.min(length, most);
}

/** For a set in shards: positions in a block of this order. Samples of a block are near each other on disk. */
const TRAIN_BLOCK = 1024;

/** Indices of the measured samples: of train in the order above, of other splits in their own order. */
export function measuredSamples(dataset: DatasetSamples, split: SplitName): Uint32Array {
  const samples = splitSamples(dataset, split);
  if (split !== 'train') return samples;
  const { chunkEnds } = dataset;
  const order = measuredTrainOrder(dataset);
  return orderedSamples(samples, chunkEnds, order, 0, measuredCount(dataset, split));
}

/** The order of train that begins with the measured samples. */
export function measuredTrainOrder({ chunkEnds }: Pick<DatasetSamples, 'chunkEnds'>): SampleOrder {
  const order = { seed: MEASURED_TRAIN_SEED, epoch: 0 };
  return chunkEnds === undefined ? order : { ...order, blockPositions: TRAIN_BLOCK };
}
