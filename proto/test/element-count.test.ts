/** Counts that can be seen at once. */
import { expect, test } from 'vitest';
import { elementCount } from '../src/element-count.js';

test.each([
  [[], 1],
  [[7], 7],
  [[28, 28, 3], 2352],
  [[4, 0, 5], 0],
])('a tensor of shape [%s] has %i elements', (shape, count) => {
  expect(elementCount(shape)).toBe(count);
});
