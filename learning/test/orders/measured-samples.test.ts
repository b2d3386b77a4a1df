// A set with so many classes that the limit on outputs leaves only a few samples of train.
import { expect, it } from 'vitest';
import { SPLIT_NUMBERS } from '../../src/datasets/index.js';
import { measuredSamples, orderedRows } from '../../src/orders/index.js';

/** The outputs of 4 samples take 16 MiB. */
const CLASSES = 2 ** 20;

it('measuredSamples are the first rows of the train order within 16 MiB of outputs, and all of test', () => {
  const { train, test } = SPLIT_NUMBERS;
  const splits = Uint8Array.from({ length: 60 }, (_, sample) => (sample < 20 ? test : train));
  const dataset = { splits, labels: new Int32Array(60), classCount: CLASSES } as never;
  const rows = orderedRows(40, { seed: 0, epoch: 0 }, 0, 4);
  expect([...measuredSamples(dataset, 'train')]).toEqual([...rows].map((row) => 20 + row));
  expect([...measuredSamples(dataset, 'test')]).toEqual(Array.from({ length: 20 }, (_, n) => n));
});
