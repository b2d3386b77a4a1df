/** Calls that never end, on a clock of the test's own. */
import { expect, it } from 'vitest';
import { CallWatch, SLOW_MS, UNWANTED_MS } from '../../src/compute/call-watch.js';

const LIMIT_MS = 1_000_000;

function watched() {
  const said: string[] = [];
  let nowMs = 0;
  const watch = new CallWatch({
    nowMs: () => nowMs,
    slow: (identity, seconds) => said.push(`slow ${identity} ${seconds}`),
    hung: ({ message }) => said.push(message),
  });
  const after = (ms: number) => {
    nowMs += ms;
    watch.look();
    return said.splice(0);
  };
  return { watch, after };
}

const never = () => new Promise<never>(() => {});
const turns = () => new Promise((resolve) => setImmediate(resolve));

it('tells once of the call that the thread is at, and of none behind it', async () => {
  const { watch, after } = watched();
  let answer: (value: string) => void = () => {};
  const first = watch.watch('a', LIMIT_MS, new Promise<string>((resolve) => (answer = resolve)));
  void watch.watch('b', LIMIT_MS, never());
  expect(after(SLOW_MS)).toEqual([]);
  expect(after(1)).toEqual(['slow a 60']);
  expect(after(SLOW_MS)).toEqual([]);
  answer('done');
  expect(await first).toBe('done');
  expect(after(SLOW_MS)).toEqual([]);
  expect(after(1)).toEqual(['slow b 60']);
});

it('fails a call beyond its limit', async () => {
  const { watch, after } = watched();
  const call = watch.watch('a', LIMIT_MS, never());
  after(LIMIT_MS + 1);
  await expect(call).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('has computed for 1000 s without an end'),
  });
});

it('takes the thread for hung once nobody wants its teacher, and not before', async () => {
  const { watch, after } = watched();
  void watch.watch('a', 10 * LIMIT_MS, never());
  after(SLOW_MS + 1);
  watch.follow(new Set(['a', 'b']));
  expect(after(LIMIT_MS)).toEqual([]);
  watch.follow(new Set(['b']));
  expect(after(1)).toEqual([]);
  expect(after(UNWANTED_MS)).toEqual([]);
  expect(after(1)).toEqual([
    'teacher a, which no run wants any more, has computed for 1120 s without an end',
  ]);
});

it('does not, if the teacher is wanted again or comes back', async () => {
  const { watch, after } = watched();
  let answer: (value: string) => void = () => {};
  void watch.watch('a', LIMIT_MS, new Promise<string>((resolve) => (answer = resolve)));
  watch.follow(new Set());
  after(UNWANTED_MS);
  watch.follow(new Set(['a']));
  after(1);
  watch.follow(new Set());
  after(1);
  expect(after(UNWANTED_MS)).toEqual([]);
  answer('done');
  await turns();
  expect(after(UNWANTED_MS)).toEqual([]);
});
