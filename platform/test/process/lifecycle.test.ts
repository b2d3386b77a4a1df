/**
 * The order of a shutdown, with real promises; the budget is given in milliseconds and nothing is measured.
 * What signals do is in lifecycle.int.test.ts.
 */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Shutdown } from '../../src/process/lifecycle.js';

const log = pino({ level: 'silent' });
const never = new Promise<void>(() => undefined);

test('parts stop one after the other, the last first, after the signal', async () => {
  const shutdown = new Shutdown(log, 60_000);
  const events: string[] = [];
  shutdown.signal.addEventListener('abort', () => events.push('abort'));
  for (const name of ['nats', 'server', 'loop']) {
    shutdown.onStop(name, async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
    });
  }
  expect(await shutdown.stop('test')).toBe(0);
  expect(events).toEqual([
    'abort',
    'loop begins',
    'loop ends',
    'server begins',
    'server ends',
    'nats begins',
    'nats ends',
  ]);
});

test('happens once, whoever asks', async () => {
  const shutdown = new Shutdown(log, 60_000);
  let count = 0;
  shutdown.onStop('part', async () => {
    count += 1;
  });
  expect(await Promise.all([shutdown.stop('a', 3), shutdown.stop('b', 4)])).toEqual([3, 3]);
  expect(count).toBe(1);
});

test('a part that fails does not keep the others, and shows in the exit code', async () => {
  const shutdown = new Shutdown(log, 60_000);
  const stopped: string[] = [];
  shutdown.onStop('first', async () => void stopped.push('first'));
  shutdown.onStop('bad', async () => {
    throw new Error('stuck');
  });
  expect(await shutdown.stop('test')).toBe(1);
  expect(stopped).toEqual(['first']);
});

test('a part that does not end is left behind when the budget is gone', async () => {
  const shutdown = new Shutdown(log, 20);
  shutdown.onStop('slow', () => never);
  expect(await shutdown.stop('test')).toBe(1);
});

test('a part that comes late stops at once', async () => {
  const shutdown = new Shutdown(log, 60_000);
  await shutdown.stop('test');
  await new Promise<void>((resolve) => {
    shutdown.onStop('late', async () => resolve());
  });
});
