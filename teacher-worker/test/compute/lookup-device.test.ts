/** How long each call waits, by a fake clock. */
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

it('LookupDevice.occupy takes as long as it is told', async () => {
  const { clock, waits, device } = stage();
  await device.occupy(20);
  clock.now += 500;
  await device.occupy(30);
  expect(waits).toEqual([20, 30]);
  expect(clock.now).toBe(1_000 + 20 + 500 + 30);
});

it('LookupDevice makes up for a late host: 100 inferences take 100 times as long as one', async () => {
  const { clock, device } = stage();
  clock.late = 3;
  for (let i = 0; i < 100; i++) await device.occupy(20);
  expect(clock.now).toBe(1_000 + 100 * 20 + 3);
});

it('LookupDevice makes up for a late host also after an idle time', async () => {
  const { clock, device } = stage();
  clock.late = 3;
  await device.occupy(20);
  clock.now += 500;
  clock.late = 0;
  await device.occupy(20);
  expect(clock.now).toBe(1_000 + 20 + 500 + 20);
});

it('LookupDevice makes up for a long stop of its host in one call only', async () => {
  const { clock, waits, device } = stage();
  clock.late = 10_000;
  await device.occupy(20);
  clock.late = 0;
  await device.occupy(20);
  await device.occupy(20);
  expect(waits).toEqual([20, 0, 20]);
});
