// Passes that the test lets go on, one after the other; seconds pass when the test says so.
import { createLogger } from '@lyceum/platform';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Passes } from '../../src/reconciliation/passes.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function somePasses(): Passes {
  return new Passes(createLogger({ name: 'test', level: 'silent' }));
}

/** A pass that ends when it is told to. */
function heldPass() {
  const ends: (() => void)[] = [];
  const pass = () => new Promise<void>((resolve) => ends.push(resolve));
  return { pass, count: () => ends.length, end: () => ends.at(-1)?.() };
}

/** Whatever can go on has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

it('requests of one moment are one pass; those that come while it goes on are one more, after it', async () => {
  const passes = somePasses();
  const { pass, count, end } = heldPass();
  passes.start(pass);
  for (let request = 0; request < 3; request++) passes.request();
  await settled();
  end();
  await settled();
  expect(count()).toBe(1);

  passes.request();
  await settled();
  expect(count()).toBe(2);
  for (let request = 0; request < 3; request++) passes.request();
  await settled();
  expect(count()).toBe(2);
  end();
  await settled();
  end();
  await settled();
  expect(count()).toBe(3);
});

it('what is asked for before the start is one pass at the start', async () => {
  const passes = somePasses();
  const { pass, count } = heldPass();
  passes.request();
  await settled();
  passes.start(pass);
  await settled();
  expect(count()).toBe(1);
});

it('a pass is made each second, and after one that failed', async () => {
  const passes = somePasses();
  let count = 0;
  passes.start(async () => {
    count++;
    throw new Error('NATS is away');
  });
  await settled();
  expect(count).toBe(1);
  for (let second = 1; second <= 3; second++) {
    vi.advanceTimersByTime(1_000);
    await settled();
    expect(count).toBe(1 + second);
  }
});

it('a stop waits for the pass that goes on, and is followed by none', async () => {
  const passes = somePasses();
  const { pass, count, end } = heldPass();
  passes.start(pass);
  await settled();
  passes.request();
  let isStopped = false;
  const stop = passes.stop().then(() => {
    isStopped = true;
  });
  await settled();
  expect(isStopped).toBe(false);
  end();
  await stop;
  expect(vi.getTimerCount()).toBe(0);
  passes.request();
  vi.advanceTimersByTime(5_000);
  await settled();
  expect(count()).toBe(1);
});
