/** Calls that never end, and a fake clock. */
import { expect, it } from 'vitest';
import { asking, CallWatch, SLOW_MS } from '../../src/compute/call-watch.js';

const LIMIT_MS = 1_000_000;
const UNWANTED_MS = 60_000;
const LIMITS = { limitMs: LIMIT_MS, unwantedMs: UNWANTED_MS };

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

it('CallWatch reports a slow call once, and none of those that wait behind it', async () => {
  const { watch, after } = watched();
  let answer: (value: string) => void = () => {};
  const first = watch.watch('a', LIMITS, new Promise<string>((resolve) => (answer = resolve)));
  void watch.watch('b', LIMITS, never());
  expect(after(SLOW_MS)).toEqual([]);
  expect(after(1)).toEqual(['slow a 60']);
  expect(after(SLOW_MS)).toEqual([]);
  answer('done');
  expect(await first).toBe('done');
  expect(after(SLOW_MS)).toEqual([]);
  expect(after(1)).toEqual(['slow b 60']);
});

it('CallWatch rejects a call beyond its limit', async () => {
  const { watch, after } = watched();
  const call = watch.watch('a', LIMITS, never());
  after(LIMIT_MS + 1);
  await expect(call).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('has computed for 1000 s without finishing'),
  });
});

it('CallWatch reports a hung thread only after its teacher was unwanted for unwantedMs', async () => {
  const { watch, after } = watched();
  void watch.watch('a', { ...LIMITS, limitMs: 10 * LIMIT_MS }, never());
  after(SLOW_MS + 1);
  watch.follow(new Set(['a', 'b']));
  expect(after(LIMIT_MS)).toEqual([]);
  watch.follow(new Set(['b']));
  expect(after(1)).toEqual([]);
  expect(after(UNWANTED_MS)).toEqual([]);
  expect(after(1)).toEqual([
    'teacher a, which no run wants any more, has computed for 1120 s without finishing',
  ]);
});

it('CallWatch reports no hung thread when the teacher is wanted again or the call ends', async () => {
  const { watch, after } = watched();
  let answer: (value: string) => void = () => {};
  void watch.watch('a', LIMITS, new Promise<string>((resolve) => (answer = resolve)));
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

it('asking gives a call of a slow teacher the time that its samples take', () => {
  // 4,096 samples of 50 ms each are 205 s, and four times as much on a busy machine.
  const limits = asking(4096, 50);
  expect(limits).toEqual({ limitMs: 42_760_000, unwantedMs: 879_200 });
  const { watch, after } = watched();
  void watch.watch('a', limits, never());
  watch.follow(new Set());
  expect(after(0)).toEqual([]);
  expect(after(879_200)).toEqual(['slow a 879']);
  expect(after(1)).toHaveLength(1);
});
