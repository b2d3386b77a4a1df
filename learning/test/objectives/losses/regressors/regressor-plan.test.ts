/** Pairs of shapes, and the regressor that maps the first to the second. */
import { expect, it } from 'vitest';
import { regressorPlan } from '../../../../src/objectives/losses/regressors/regressor-plan.js';

const conv = (kernel: number[], stride = 1, padding = 'valid', kind = 'convolution') => ({
  kind,
  inputs: 8,
  outputs: 5,
  kernel,
  stride,
  padding,
});

it.each([
  [[8], [5], { kind: 'dense', inputs: 8, outputs: 5 }],
  [[2, 2, 2], [5], { kind: 'dense', inputs: 8, outputs: 5 }],
  [[7, 6, 8], [7, 6, 5], conv([1, 1])],
  [[14, 12, 8], [7, 6, 5], conv([3, 3], 2, 'same')],
  [[7, 6, 8], [14, 12, 5], conv([4, 4], 2, 'same', 'transposed-convolution')],
  [[9, 6, 8], [7, 6, 5], conv([3, 1])],
  [[14, 6, 8], [7, 6, 5], conv([8, 1])],
  [[6, 6, 8], [7, 6, 5], undefined],
  [[7, 6, 8], [14, 6, 5], undefined],
  [[8], [7, 6, 5], undefined],
  [[4, 8], [7, 6, 5], undefined],
  [[7, 6, 8], [4, 5], undefined],
])('regressorPlan from [%s] to [%s]', (student, teacher, plan) => {
  expect(regressorPlan(student, teacher)).toEqual(plan);
});
