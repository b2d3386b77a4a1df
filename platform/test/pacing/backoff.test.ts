/** Delays are computed by hand. Only the test of `sleep` uses a clock, and checks only the order. */
import { expect, test } from 'vitest';
import { retryDelayMs, sleep } from '../../src/pacing/backoff.js';

test('retryDelayMs doubles up to 10 s, with the jitter in the upper half', () => {
  expect([0, 1, 2, 6, 7, 50].map((attempt) => retryDelayMs(attempt, 0))).toEqual([
    50, 100, 200, 3_200, 5_000, 5_000,
  ]);
  expect(retryDelayMs(0, 0.5)).toBe(75);
  expect(retryDelayMs(50, 0.999_999)).toBeLessThanOrEqual(10_000);
});

test('sleep ends when its signal aborts, and at once when it is aborted already', async () => {
  const controller = new AbortController();
  const long = sleep(600_000, controller.signal);
  controller.abort();
  await long;
  await sleep(600_000, controller.signal);
  await sleep(1);
});
