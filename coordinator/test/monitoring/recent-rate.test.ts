/** Rates are worked out by hand. */
import { expect, test } from 'vitest';
import { RecentRate } from '../../src/monitoring/recent-rate.js';

test('RecentRate divides the first reading by its time since the start', () => {
  expect(new RecentRate().add(500, 2)).toBe(250);
});

test('RecentRate hardly changes for a reading 10 ms after another', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) expect(rate.add(second * 100, second)).toBe(100);
  // No sample in 10 ms.
  expect(rate.add(1000, 10.01)).toBeGreaterThan(95);
});

test('RecentRate forgets a rate of 100 after five readings of rate 10', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) rate.add(second * 100, second);
  let last = 0;
  for (let second = 1; second <= 5; second++) last = rate.add(1000 + second * 10, 10 + second);
  expect(last).toBeCloseTo(10, 9);
});

test('RecentRate starts anew when samples and seconds fall back', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 10; second++) rate.add(second * 100, second);
  expect(rate.add(400, 4)).toBe(100);
  expect(rate.add(450, 5)).toBe(50);
});

test('RecentRate keeps its rate when only the samples fall back, then counts from that reading', () => {
  const rate = new RecentRate();
  for (let second = 1; second <= 6; second++) rate.add(second * 100, second);
  expect(rate.add(64, 8)).toBe(100);
  expect(rate.add(128, 10)).toBe(32);
});

test('RecentRate is 0 for a reading after 0 seconds', () => {
  expect(new RecentRate().add(0, 0)).toBe(0);
});
