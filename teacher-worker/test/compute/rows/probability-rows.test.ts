/** Rows written by hand. */
import { expect, test } from 'vitest';
import { requireDistributions } from '../../../src/compute/rows/probability-rows.js';

const logs = (...values: number[]) => ({
  name: 'logits',
  width: 2,
  values: Float32Array.from(values, Math.log),
});

test('requireDistributions accepts rows whose sum is nearly 1', () => {
  expect(() => requireDistributions(logs(0.25, 0.75, 1, 1.2e-38, 0.5, 0.502))).not.toThrow();
});

test('requireDistributions names a row whose sum is not 1, with the sum', () => {
  expect(() => requireDistributions(logs(0.25, 0.75, 0.5, 0.4))).toThrow(
    'logits: the probabilities of row 1 sum to 0.900000, not to 1',
  );
});
