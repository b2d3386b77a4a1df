/** Against rates worked out by hand. */
import { expect, test } from 'vitest';
import { RecentRate } from '../../src/monitoring/recent-rate.js';

test('the first reading counts from the start', () => {
  expect(new RecentRate().add(500, 2)).toBe(250);
});

test('a reading just after another does not move the rate much', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) expect(rate.add(second * 100, second)).toBe(100);
  // No sample in 10 ms.
  expect(rate.add(1000, 10.01)).toBeGreaterThan(95);
});

test('old readings are forgotten: the rate follows within two windows', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) rate.add(second * 100, second);
  let last = 0;
  for (let second = 1; second <= 5; second++) last = rate.add(1000 + second * 10, 10 + second);
  expect(last).toBeCloseTo(10, 9);
});

test('counters that start again, from a checkpoint, start a new rate', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) rate.add(second * 100, second);
  expect(rate.add(400, 4)).toBe(100);
  expect(rate.add(450, 5)).toBe(50);
});

test('a new assignment may be slow to say anything', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 6; second++) rate.add(second * 100, second);
  expect(rate.add(64, 8)).toBe(100);
  expect(rate.add(128, 10)).toBe(32);
});

test('no time, no rate', () => {
  expect(new RecentRate().add(0, 0)).toBe(0);
});
