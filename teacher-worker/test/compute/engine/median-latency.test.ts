/** Inferences that take as long as the test's clock says. */
import { expect, it } from 'vitest';
import { medianLatencyMs } from '../../../src/compute/engine/median-latency.js';

it.each([
  [10, 18],
  [1_000, 4],
  [5_000, 2],
])('medianLatencyMs of runs of %d ms takes %d runs', async (ms, runs) => {
  let [now, count] = [0, 0];
  const run = async () => {
    now += ms;
    count++;
  };
  expect(await medianLatencyMs(run, () => now)).toBe(ms);
  expect(count).toBe(runs);
});
