/** Rows written by hand. */
import { expect, test } from 'vitest';
import { requireDistributions } from '../../../src/compute/rows/probability-rows.js';

const logs = (...values: number[]) => ({
  name: 'logits',
  width: 2,
  values: Float32Array.from(values, Math.log),
});

test('rows that sum to 1, as exactly as float32 can, are distributions', () => {
  expect(() => requireDistributions(logs(0.25, 0.75, 1, 1.2e-38, 0.5, 0.502))).not.toThrow();
});

test('a row that does not is named, with its sum', () => {
  expect(() => requireDistributions(logs(0.25, 0.75, 0.5, 0.4))).toThrow(
    'logits: the probabilities of row 1 sum to 0.900000, not to 1',
  );
});
