/** A set of ten samples whose splits are written out. */
import type { Dataset } from '@lyceum/learning/datasets';
import { type LyceumError, Split } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { ticketSamples } from '../../src/compute/ticket-span.js';

const TRAIN = [0, 2, 4, 6, 8, 9];
const dataset: Dataset = {
  digest: '0'.repeat(64),
  sampleShape: [1],
  sampleCount: 10,
  classCount: 2,
  classNames: ['a', 'b'],
  inputs: new Uint8Array(10),
  inputScale: 1,
  // Sorted by class, as many data sets are.
  labels: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 1),
  splits: Uint8Array.of(1, 2, 1, 3, 1, 2, 1, 3, 1, 1),
};
const order = { seed: 7, epoch: 3 };

function samples(
  firstPosition: number,
  positionCount: number,
  a: {
    readonly split?: Split;
    readonly order?: { seed: number; epoch: number; byClass?: boolean };
  } = {},
): number[] {
  const { split = Split.SPLIT_TRAIN, order: asked } = a;
  return [...ticketSamples(dataset, { split, order: asked, firstPosition, positionCount })];
}

it('ticketSamples takes the split in its own order when the ticket names none', () => {
  expect(samples(1, 3)).toEqual([2, 4, 6]);
  expect(samples(0, 2, { split: Split.SPLIT_VALIDATION })).toEqual([1, 5]);
  expect(samples(1, 1, { split: Split.SPLIT_TEST })).toEqual([7]);
});

it('ticketSamples visits each sample of the split once in an order, whatever the spans', () => {
  const visited = [...samples(0, 4, { order }), ...samples(4, 2, { order })];
  expect(visited).toEqual(samples(0, 6, { order }));
  expect([...visited].sort((a, b) => a - b)).toEqual(TRAIN);
  expect(visited).not.toEqual(TRAIN);
});

it('ticketSamples begins an order by class with a sample of each class', () => {
  const byClass = { ...order, byClass: true };
  const [first = -1, second = -1] = samples(0, 2, { order: byClass });
  expect([dataset.labels[first], dataset.labels[second]].sort()).toEqual([0, 1]);
  expect(samples(1, 5, { order: byClass })).toEqual(samples(0, 6, { order: byClass }).slice(1));
  expect(samples(0, 6, { order: byClass }).sort((a, b) => a - b)).toEqual(TRAIN);
});

it.each([
  ['beyond the end', () => samples(5, 2), /positions \[5, 7\) are not in the 6 of split train/],
  ['empty', () => samples(0, 0), /positions \[0, 0\)/],
  ['of no known split', () => samples(0, 1, { split: 9 as Split }), /split 9 is unknown/],
])('ticketSamples refuses a span that is %s', (_, ask, message) => {
  expect(ask).toThrow(message);
  expect(ask).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as LyceumError);
});
