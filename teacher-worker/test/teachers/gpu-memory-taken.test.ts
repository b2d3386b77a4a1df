/** GPU memory that a teacher took, from the memory in use before and after. */
import { expect, test } from 'vitest';
import { takenOfGpu } from '../../src/teachers/gpu-memory-taken.js';

test.each<[number | undefined, number | undefined, number | undefined]>([
  [100, 350, 250],
  [100, 100, undefined],
  [350, 100, undefined],
  [undefined, 350, undefined],
  [100, undefined, undefined],
])('takenOfGpu with %s bytes in use before, %s after', (before, after, taken) => {
  expect(takenOfGpu(before, after).gpuMemoryBytes).toBe(taken);
});
