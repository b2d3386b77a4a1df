/** Who pays for canaries, told as stories: arithmetic on calls. */
import { beforeEach, expect, it } from 'vitest';
import { CanaryBudgets } from '../../../src/health/replicas/canary-budgets.js';

let budgets: CanaryBudgets;
beforeEach(() => {
  budgets = new CanaryBudgets();
  budgets.price('box', 100);
});

it('has the run pay that came last, and says how much each has', () => {
  budgets.pay('box', 'first', 256);
  expect(budgets.spend('box', 1)).toBe(true);
  budgets.pay('box', 'second', 120);
  expect(budgets.spend('box', 0)).toBe(true);
  expect([budgets.usedBy('box', 'first'), budgets.usedBy('box', 'second')]).toEqual([100, 100]);
  // What is left of both.
  expect(budgets.spend('box', 0)).toBe(true);
  expect([budgets.usedBy('box', 'first'), budgets.usedBy('box', 'second')]).toEqual([180, 120]);
  expect(budgets.left('box')).toBe(76);
  expect(budgets.spend('box', 0)).toBe(false);
  expect(budgets.left('box')).toBe(76);
  expect(budgets.usedBy('box', 'another')).toBeUndefined();
});

it('tells what is to be kept once, and goes on from what was kept', () => {
  budgets.pay('box', 'run', 256);
  budgets.spend('box', 0);
  expect(budgets.takeSpent()).toEqual([{ teacher: 'box', runId: 'run', used: 100 }]);
  expect(budgets.takeSpent()).toEqual([]);
  const next = new CanaryBudgets();
  next.price('box', 100);
  next.pay('box', 'run', 256, 100);
  expect(next.left('box')).toBe(156);
  expect([next.spend('box', 0), next.spend('box', 0)]).toEqual([true, false]);
  expect(next.usedBy('box', 'run')).toBe(200);
});

it('costs nothing where there is no price', () => {
  budgets.pay('local', 'run', 0);
  expect(budgets.spend('local', 1)).toBe(true);
  expect(budgets.usedBy('local', 'run')).toBeUndefined();
});
