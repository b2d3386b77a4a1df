/** `RetryNotices`: failed tries at times written down here, and the lines about them. */
import { expect, it } from 'vitest';
import { RetryNotices } from '../../src/imitation/asking/retry-notices.js';

it('RetryNotices tells the first retry of each kind at once, and counts the others', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const { retried } = new RetryNotices(
    (line) => lines.push(line),
    () => nowMs,
  );
  const at = (ms: number, reason: string, teacher = 'chat') => {
    nowMs = ms;
    retried(teacher, reason, 1500);
  };
  at(0, 'answers 429');
  at(10, 'answers 429', 'other');
  at(20, 'the response "Sure! \\"yes\\"" is none of a, b');
  at(30, 'the response "No." is none of a, b');
  for (let ms = 40; ms < 4_999; ms += 1_000) at(ms, 'answers 429');
  at(5_000, 'answers 429');
  at(5_001, 'answers 429');
  at(5_020, 'the response "Perhaps." is none of a, b');
  expect(lines).toEqual([
    'chat: answers 429; again in 1.5 s',
    'other: answers 429; again in 1.5 s',
    'chat: the response "Sure! \\"yes\\"" is none of a, b; again in 1.5 s',
    'chat: answers 429; again in 1.5 s (5 more like it before)',
    'chat: the response "Perhaps." is none of a, b; again in 1.5 s (1 more like it before)',
  ]);
});
