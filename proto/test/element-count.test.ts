/** Counts that can be checked at a glance. */
import { expect, test } from 'vitest';
import { elementCount } from '../src/element-count.js';

test.each([
  [[], 1],
  [[7], 7],
  [[28, 28, 3], 2352],
  [[4, 0, 5], 0],
])('elementCount of shape [%s] is %i', (shape, count) => {
  expect(elementCount(shape)).toBe(count);
});
