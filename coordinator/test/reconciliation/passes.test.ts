// The test says when each pass ends and when seconds pass.
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

/** Waits until all that can go on has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

it('Passes runs one pass for requests at once, and one more after it for requests during it', async () => {
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

it('Passes runs one pass at the start for an earlier request', async () => {
  const passes = somePasses();
  const { pass, count } = heldPass();
  passes.request();
  await settled();
  passes.start(pass);
  await settled();
  expect(count()).toBe(1);
});

it('Passes runs a pass each second, even if each one fails', async () => {
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

it('Passes.stop waits for the pass in progress, and no other pass follows', async () => {
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
