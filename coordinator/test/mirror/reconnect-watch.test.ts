// A stand-in for the queue, and a clock that the test moves.
import { createLogger } from '@lyceum/platform';
import type { Nats, TicketQueue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchReconnects } from '../../src/mirror/reconnect-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('watchReconnects checks the queue every 10 s, and stops once another coordinator leads', async () => {
  let looks = 0;
  let lost = 0;
  let isLeading = true;
  const stopping = new AbortController();
  const queue: Pick<TicketQueue, 'ensureStream'> = { ensureStream: async () => ++looks < 2 };
  watchReconnects({
    nats: { connected: true, onReconnect: () => {} } as unknown as Nats,
    queue: queue as TicketQueue,
    assertHeld: async () => {
      if (!isLeading) throw new LyceumError('ABORTED', 'another coordinator leads now');
    },
    hasStore: async () => true,
    queueLost: () => void lost++,
    storeLost: () => {},
    stopping: stopping.signal,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect([looks, lost]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([looks, lost]).toEqual([2, 1]);
  isLeading = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([looks, lost]).toEqual([2, 1]);
  stopping.abort();
  expect(vi.getTimerCount()).toBe(0);
});
