/** When calls may begin, also after a server's Retry-After: plain arithmetic. */
import { expect, it } from 'vitest';
import { fullJitterMs, Pace, retryAfterMs } from '../../src/index.js';

it('Pace lets no more calls begin in a second or a minute than its rate allows', () => {
  const pace = new Pace({ perSecond: 2, perMinute: 5 });
  const begins = Array.from({ length: 8 }, () => pace.claim(0));
  expect(begins).toEqual([0, 0, 1_000, 1_000, 2_000, 60_000, 60_000, 61_000]);
});

it('Pace counts from when calls begin, not from when they are claimed', () => {
  const pace = new Pace({ perSecond: 1 });
  expect([pace.claim(0), pace.claim(10), pace.claim(5_000), pace.claim(5_100)]).toEqual([
    0, 1_000, 5_000, 6_000,
  ]);
});

it('Pace.hold holds every call back until the server takes calls again', () => {
  const pace = new Pace({});
  pace.hold(700);
  pace.hold(300);
  expect([pace.claim(0), pace.claim(900)]).toEqual([700, 900]);
  expect(pace.heldUntilMs).toBe(700);
});

it('retryAfterMs reads Retry-After as seconds and as a date', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 30);
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs(' 0 ', now)).toBe(0);
  expect(retryAfterMs('1.5', now)).toBe(1_500);
  expect(retryAfterMs('Sun, 06 Nov 1994 08:49:37 GMT', now)).toBe(7_000);
  expect(retryAfterMs('Sun, 06 Nov 1994 08:49:27 GMT', now)).toBe(0);
  for (const other of [
    null,
    '',
    'soon',
    '-5',
    '1.',
    '1994-11-06',
    'Sun, 99 Nov 1994 08:49:37 GMT',
  ]) {
    expect(retryAfterMs(other, now)).toBeUndefined();
  }
});

it('fullJitterMs is at most a bound that doubles up to a minute', () => {
  expect([0, 1, 2, 20].map((failures) => fullJitterMs(failures, 0.999_999))).toEqual([
    499, 999, 1_999, 59_999,
  ]);
  expect(fullJitterMs(9, 0)).toBe(0);
});
