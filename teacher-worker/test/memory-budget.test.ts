import { expect, it } from 'vitest';
import { usualBudgetMib } from '../src/memory-budget.js';

const MIB = 1024 ** 2;

it.each([
  ['no limit, as Node says it', 2 ** 64, 2048],
  ['no limit, as other versions of Node say it', 0, 2048],
  ['more than is usual', 16_384 * MIB, 2048],
  ['less: what the worker itself does not take', 1024 * MIB, 512],
  ['less than the worker itself takes', 256 * MIB, 32],
])('usualBudgetMib: %s', (_, limitBytes, budgetMib) => {
  expect(usualBudgetMib(limitBytes)).toBe(budgetMib);
});
