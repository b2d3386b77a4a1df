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
  // Classes without a label come before all others, larger ones first.
  const priorities = sizes.map((size) => size * Number.MAX_SAFE_INTEGER);
  const isBefore = (a: number, b: number): boolean => {
    const difference = (priorities[a] as number) - (priorities[b] as number);
    return difference === 0 ? a < b : difference > 0;
  };
  // A binary heap of classes, the next one first: there may be thousands of classes and millions of labels.
  const heap = [...sizes.keys()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  for (let given = 0; given < count; given++) {
    const next = heap[0] as number;
    const has = (shares[next] as number) + 1;
    shares[next] = has;
    priorities[next] = (sizes[next] as number) ** 2 / (has * (has + 1));
    sinkFirst(heap, isBefore);
  }
  return shares;
}

/** Restores the order of a heap whose first entry may belong further down. */
function sinkFirst(heap: number[], isBefore: (a: number, b: number) => boolean): void {
  const first = heap[0] as number;
  let at = 0;
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const child =
      right < heap.length && isBefore(heap[right] as number, heap[left] as number) ? right : left;
    if (child >= heap.length || isBefore(first, heap[child] as number)) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = first;
}
