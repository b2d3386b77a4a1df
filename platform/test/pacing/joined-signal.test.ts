import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { joinSignals } from '../../src/pacing/index.js';

test('a joined signal aborts with the reason of the first source that aborts', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = joinSignals([first.signal, second.signal]);
  expect(signal.aborted).toBe(false);
  second.abort('second');
  first.abort('first');
  expect(signal.reason).toBe('second');
});

test('a joined signal has aborted if a source had', () => {
  const { signal } = joinSignals([new AbortController().signal, AbortSignal.abort('before')]);
  expect(signal.reason).toBe('before');
});

test('sources of a signal that was let go keep nothing of it', () => {
  const source = new AbortController();
  const { signal, letGo } = joinSignals([source.signal]);
  expect(getEventListeners(source.signal, 'abort')).toHaveLength(1);
  letGo();
  expect(getEventListeners(source.signal, 'abort')).toHaveLength(0);
  source.abort();
  expect(signal.aborted).toBe(false);
});

test('any number of signals may be made of a source at a time, without a warning', async () => {
  const warnings: string[] = [];
  const listener = ({ name }: Error) => warnings.push(name);
  process.on('warning', listener);
  const source = new AbortController();
  const joined = Array.from({ length: 40 }, () => joinSignals([source.signal]));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
  source.abort('all');
  expect(joined.map(({ signal }) => signal.reason)).toEqual(joined.map(() => 'all'));
});
