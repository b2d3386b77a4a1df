/**
 * The order of a shutdown, with real promises; the budget is given in milliseconds and nothing is measured.
 * What signals do is in lifecycle.int.test.ts.
 */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Shutdown } from '../../src/process/lifecycle.js';

const log = pino({ level: 'silent' });
const never = new Promise<void>(() => undefined);

test('Shutdown.stop aborts the signal, then stops the parts one by one, the last first', async () => {
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

test('Shutdown.stop stops the parts once when it is called twice', async () => {
  const shutdown = new Shutdown(log, 60_000);
  let count = 0;
  shutdown.onStop('part', async () => {
    count += 1;
  });
  expect(await Promise.all([shutdown.stop('a', 3), shutdown.stop('b', 4)])).toEqual([3, 3]);
  expect(count).toBe(1);
});

test('a part that fails to stop does not keep others from stopping, and makes the exit code 1', async () => {
  const shutdown = new Shutdown(log, 60_000);
  const stopped: string[] = [];
  shutdown.onStop('first', async () => void stopped.push('first'));
  shutdown.onStop('bad', async () => {
    throw new Error('stuck');
  });
  expect(await shutdown.stop('test')).toBe(1);
  expect(stopped).toEqual(['first']);
});

test('Shutdown.stop gives up a part that does not stop within the budget', async () => {
  const shutdown = new Shutdown(log, 20);
  shutdown.onStop('slow', () => never);
  expect(await shutdown.stop('test')).toBe(1);
});

test('a part that is added after the stop is stopped at once', async () => {
  const shutdown = new Shutdown(log, 60_000);
  await shutdown.stop('test');
  await new Promise<void>((resolve) => {
    shutdown.onStop('late', async () => resolve());
  });
});
