/** Which run pays for canaries, in counts of calls; a canary costs 100. */
import { beforeEach, expect, it } from 'vitest';
import { CanaryBudgets } from '../../../src/health/replicas/canary-budgets.js';

let budgets: CanaryBudgets;
beforeEach(() => {
  budgets = new CanaryBudgets();
  budgets.price('box', 100);
});

it('CanaryBudgets takes calls from the run that paid last, then from the run before it', () => {
  budgets.pay('box', 'first', 256);
  expect(budgets.spend('box', 1)).toBe(true);
  budgets.pay('box', 'second', 120);
  expect(budgets.spend('box', 0)).toBe(true);
  expect([budgets.usedBy('box', 'first'), budgets.usedBy('box', 'second')]).toEqual([100, 100]);
  // A canary from the rest of both.
  expect(budgets.spend('box', 0)).toBe(true);
  expect([budgets.usedBy('box', 'first'), budgets.usedBy('box', 'second')]).toEqual([180, 120]);
  expect(budgets.left('box')).toBe(76);
  expect(budgets.spend('box', 0)).toBe(false);
  expect(budgets.left('box')).toBe(76);
  expect(budgets.usedBy('box', 'another')).toBeUndefined();
});

it('CanaryBudgets reports spent calls once, and a new one goes on from them', () => {
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

it('CanaryBudgets lets a run pay anew whose id a deleted run had, which then pays no more', () => {
  budgets.pay('box', 'run', 256);
  budgets.spend('box', 0);
  budgets.forget('run');
  expect([budgets.usedBy('box', 'run'), budgets.left('box')]).toEqual([undefined, 0]);
  budgets.pay('box', 'run', 128);
  expect(budgets.left('box')).toBe(128);
});

it('CanaryBudgets charges nothing for a teacher without a price', () => {
  budgets.pay('local', 'run', 0);
  expect(budgets.spend('local', 1)).toBe(true);
  expect(budgets.usedBy('local', 'run')).toBeUndefined();
});
