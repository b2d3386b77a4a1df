/**
 * An order of a split's samples that is spread over the classes: any beginning of it has, to within one, equally many
 * samples of each class that has some left. So a few samples represent a set that is sorted by class, and its rare
 * classes.
 *
 * Each round takes one sample of every class that has one left; the classes within a round and the samples within a
 * class follow keyed permutations. Samples without a label come last. The order depends on the set's labels and splits
 * alone, so it is never stored.
 */
import { type DatasetSamples, type SplitName, splitSamples } from '../datasets/index.js';
import { keyedPermutation, orderedRows } from './order.js';

type LabelledSplits = Pick<DatasetSamples, 'labels' | 'splits' | 'classCount'>;

/**
 * The first `count` samples of the order; all, if the split has fewer.
 *
 * @returns indices into the set.
 */
export function classSpreadSamples(
  { labels, splits, classCount }: LabelledSplits,
  split: SplitName,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
  count: number,
): Uint32Array {
  // Samples without a label are one more class, which comes after all others.
  const members: number[][] = Array.from({ length: classCount + 1 }, () => []);
  for (const sample of splitSamples({ splits }, split)) {
    const label = labels[sample] as number;
    members[label < 0 ? classCount : label]?.push(sample);
  }
  const drawn = members.map((samples, index) => {
    const most = Math.min(samples.length, count);
    const key = { seed, epoch: epoch * (classCount + 1) + index };
    return orderedRows(samples.length, key, 0, most).map((row) => samples[row] as number);
  });
  const inRound = keyedPermutation(classCount, seed, epoch);
  const chosen: number[] = [];
  const longest = Math.max(...drawn.slice(0, classCount).map(({ length }) => length));
  for (let round = 0; round < longest && chosen.length < count; round++) {
    for (let place = 0; place < classCount && chosen.length < count; place++) {
      const sample = drawn[inRound(place)]?.[round];
      if (sample !== undefined) chosen.push(sample);
    }
  }
  for (const sample of drawn[classCount] ?? []) if (chosen.length < count) chosen.push(sample);
  return Uint32Array.from(chosen);
}
