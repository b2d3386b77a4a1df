/** What ends a wait, by a fake clock. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wakeup } from '../../src/pacing/wakeup.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether the promise has resolved by now. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return over;
}

test('wake ends every wait', async () => {
  const wakeup = new Wakeup();
  const waits = [wakeup.wait(), wakeup.wait({ ms: 1_000 })];
  expect(await Promise.all(waits.map(isOver))).toEqual([false, false]);
  wakeup.wake();
  expect(await Promise.all(waits.map(isOver))).toEqual([true, true]);
  expect(vi.getTimerCount()).toBe(0);
});

test('wake before a wait does not end that wait', async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  expect(await isOver(wakeup.wait())).toBe(false);
});

test('a wait ends when its time is over, and no sooner', async () => {
  const wait = new Wakeup().wait({ ms: 50 });
  await vi.advanceTimersByTimeAsync(49);
  expect(await isOver(wait)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await isOver(wait)).toBe(true);
});

test('a wait ends once its signal aborts, others go on', async () => {
  const wakeup = new Wakeup();
  const controller = new AbortController();
  const [own, other] = [wakeup.wait({ signal: controller.signal }), wakeup.wait()];
  controller.abort();
  expect([await isOver(own), await isOver(other)]).toEqual([true, false]);
  wakeup.wake();
  expect(await isOver(other)).toBe(true);
});

test('a wait with an aborted signal ends at once', async () => {
  expect(await isOver(new Wakeup().wait({ signal: AbortSignal.abort() }))).toBe(true);
});

test('a wait that is over leaves no listener at its signal', () => {
  const wakeup = new Wakeup();
  const { signal } = new AbortController();
  void wakeup.wait({ signal });
  wakeup.wake();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
