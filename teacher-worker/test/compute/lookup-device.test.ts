/** Tests of lookup-device.ts, by a clock that the test moves: how long each call waits. */
import { expect, it } from 'vitest';
import { LookupDevice } from '../../src/compute/lookup-device.js';

/** A clock at `now`; every wait takes `late` longer than it was asked for. */
function stage() {
  const clock = { now: 1_000, late: 0 };
  const waits: number[] = [];
  const device = new LookupDevice(
    () => clock.now,
    async (ms) => {
      waits.push(ms);
      clock.now += ms + clock.late;
    },
  );
  return { clock, waits, device };
}

it('takes as long as it is told', async () => {
  const { clock, waits, device } = stage();
  await device.occupy(20);
  clock.now += 500;
  await device.occupy(30);
  expect(waits).toEqual([20, 30]);
  expect(clock.now).toBe(1_000 + 20 + 500 + 30);
});

it('goes on while its host is late: a hundred inferences take a hundred times as long as one', async () => {
  const { clock, device } = stage();
  clock.late = 3;
  for (let i = 0; i < 100; i++) await device.occupy(20);
  expect(clock.now).toBe(1_000 + 100 * 20 + 3);
});

it('is idle while nothing is asked, however late its host was before', async () => {
  const { clock, device } = stage();
  clock.late = 3;
  await device.occupy(20);
  clock.now += 500;
  clock.late = 0;
  await device.occupy(20);
  expect(clock.now).toBe(1_000 + 20 + 500 + 20);
});

it('has done no more than the next question when its host was stopped for long', async () => {
  const { clock, waits, device } = stage();
  clock.late = 10_000;
  await device.occupy(20);
  clock.late = 0;
  await device.occupy(20);
  await device.occupy(20);
  expect(waits).toEqual([20, 0, 20]);
});
