/** Plans of many seeds. */
import { expect, test } from 'vitest';
import { disturbancePlan, FAULTS } from '../src/chaos/disturbance-plan.js';

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);
const plan = (seed: number, count: number) =>
  disturbancePlan({ seed, faults: FAULTS, count, stepCount: 1_000, stopMs: [1_000, 3_000] });

test('disturbancePlan puts blows in order between a tenth and nine tenths of the run', () => {
  const steps = SEEDS.map((seed) => plan(seed, 12).map((blow) => blow.step));
  for (const of of steps) expect(of).toEqual([...of].sort((a, b) => a - b));
  expect(Math.min(...steps.flat())).toBeGreaterThanOrEqual(100);
  expect(Math.min(...steps.flat())).toBeLessThan(120);
  expect(Math.max(...steps.flat())).toBeLessThan(900);
  expect(Math.max(...steps.flat())).toBeGreaterThan(880);
});

test('disturbancePlan strikes every kind of process with 4 blows, and with every fault with 24', () => {
  for (const seed of SEEDS) {
    expect(new Set(plan(seed, 4).map((blow) => blow.kind)).size).toBe(4);
    expect(new Set(plan(seed, 24).map((blow) => `${blow.kind} ${blow.fault}`)).size).toBe(24);
  }
});

test('disturbancePlan can put blows before the first step, and on servers', () => {
  const kinds = ['teacher', 'server'] as const;
  const options = { faults: FAULTS, count: 100, stepCount: 1_000, stopMs: [1_000], kinds };
  const blows = disturbancePlan({ ...options, seed: 3, firstBlowAt: -0.4 });
  const early = blows.filter(({ step }) => step === 0).length;
  expect(early).toBeGreaterThan(15);
  expect(early).toBeLessThan(50);
  expect(new Set(blows.map(({ kind }) => kind))).toEqual(new Set(kinds));
});

test('disturbancePlan depends on the seed only', () => {
  expect(plan(7, 8)).toEqual(plan(7, 8));
  expect(plan(7, 8)).not.toEqual(plan(8, 8));
});
