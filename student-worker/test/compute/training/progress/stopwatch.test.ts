/** A clock that the test sets: seconds count from the start, also those of a wait that is under way then. */
import { expect, it } from 'vitest';
import { NO_SECONDS, Stopwatch } from '../../../../src/compute/training/progress/index.js';

it('counts a wait from the start on, and no wait before it', async () => {
  let now = 1_000;
  const watch = new Stopwatch(() => now, { ...NO_SECONDS, trainingSeconds: 10, waitingSeconds: 5 });
  await watch.waiting(async () => {
    now += 7_000;
  });
  expect(watch.assignment).toEqual(NO_SECONDS);

  await watch.waiting(async () => {
    now += 4_000;
    watch.start();
    now += 3_000;
  });
  watch.start();
  now += 500;
  await watch.waitingForData(async () => {
    now += 2_000;
  });
  expect(watch.assignment).toEqual({
    trainingSeconds: 5.5,
    waitingSeconds: 3,
    dataWaitingSeconds: 2,
  });
  expect(watch.run).toEqual({ trainingSeconds: 15.5, waitingSeconds: 8, dataWaitingSeconds: 2 });
});
