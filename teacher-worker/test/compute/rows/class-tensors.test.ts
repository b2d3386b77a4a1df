/** Final answers of rows that are written by hand. */
import { expect, it } from 'vitest';
import { finalAnswers, outputsOfLogits } from '../../../src/compute/rows/class-tensors.js';

const values = Float32Array.of(1, 1, 1, 4, 2, 3);

it('finalAnswers takes the most probable class, and the first of equal ones', () => {
  expect([...finalAnswers({ name: 'logits', width: 3, values }).values]).toEqual([0, 0]);
});

it('outputsOfLogits gives no class that the teacher does not know', () => {
  const logits = { name: 'logits', width: 3, values };
  const [classes, whole] = outputsOfLogits(logits, ['class', 'logits'], [1, 2]);
  expect([...(classes?.values ?? [])]).toEqual([1, 2]);
  // The logits stay as they are.
  expect(whole?.values).toEqual(Float32Array.of(1, 1, 1, 4, 2, 3));
});
