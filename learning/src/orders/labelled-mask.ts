/**
 * Which labels a run may use: all, or a stratified choice that simulates a set with few labels.
 *
 * Each class gets its share of the choice by Huntington and Hill's rule (the next label goes to the class with the
 * greatest n/√(a(a+1)), n its samples and a the labels that it has already): shares are near proportional, and no
 * class gets a second label before each has one. Within a class a keyed permutation chooses. A greater count keeps all
 * labels that a smaller count chose.
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { type DatasetSamples, SPLIT_NUMBERS, splitSamples } from '../datasets/index.js';
import type { LabelSettings } from '../specification/index.js';
import { orderedRows } from './order.js';

/**
 * @returns [N]: 1 where the sample's label counts. The choice concerns the train split; the labels of
 * validation and test stay as they are.
 * @throws {InvalidDocumentError} if more labels are asked for than the train split has.
 */
export function labelledMask(dataset: DatasetSamples, labels: LabelSettings): Uint8Array {
  const { length } = dataset.labels;
  const mask = new Uint8Array(length);
  // Plain loops, here and below: sets have millions of samples, and event loops call this.
  for (let i = 0; i < length; i++) mask[i] = (dataset.labels[i] as number) >= 0 ? 1 : 0;
  if (labels === 'all') return mask;

  const members: number[][] = Array.from({ length: dataset.classCount }, () => []);
  const train = splitSamples(dataset, 'train');
  for (let row = 0; row < train.length; row++) {
    const sample = train[row] as number;
    members[dataset.labels[sample] as number]?.push(sample);
  }
  const available = members.reduce((total, samples) => total + samples.length, 0);
  if (labels.count > available) {
    const message = `is ${labels.count}, and the train split has ${available} labelled samples`;
    throw new InvalidDocumentError('run', [{ path: 'spec.labels.count', message }]);
  }
  for (let i = 0; i < mask.length; i++) {
    if (dataset.splits[i] === SPLIT_NUMBERS.train) mask[i] = 0;
  }
  const shares = classShares(
    members.map((samples) => samples.length),
    labels.count,
  );
  for (const [index, samples] of members.entries()) {
    const order = { seed: labels.seed, epoch: index };
    for (const row of orderedRows(samples.length, order, 0, shares[index] as number)) {
      mask[samples[row] as number] = 1;
    }
  }
  return mask;
}

/** Shares that sum to `count` ≤ Σ sizes, none above its size. Ties go to the lowest class. */
function classShares(sizes: readonly number[], count: number): number[] {
  const shares = sizes.map(() => 0);
  for (let given = 0; given < count; given++) {
    let best = -1;
    let bestPriority = 0;
    for (let index = 0; index < sizes.length; index++) {
      const size = sizes[index] as number;
      const has = shares[index] as number;
      // Classes without a label come before all others, larger ones first.
      const priority =
        has === 0 ? size * Number.MAX_SAFE_INTEGER : (size * size) / (has * (has + 1));
      if (priority > bestPriority) {
        best = index;
        bestPriority = priority;
      }
    }
    shares[best] = (shares[best] as number) + 1;
  }
  return shares;
}
