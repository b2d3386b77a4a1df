/** Names and digests as values. Their form must match the data already stored in NATS. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestBytes, digestHex, sha256Hex } from '../src/digest.js';
import { LyceumError, toLyceumError } from '../src/errors.js';
import { eventSubject, ticketConsumer, ticketSubject } from '../src/names/subjects.js';

const identity = 'ab'.repeat(32);

test('ticketSubject, ticketConsumer and eventSubject use single tokens', () => {
  expect(ticketSubject(identity)).toBe(`lyceum.tickets.${'ab'.repeat(16)}`);
  expect(ticketConsumer(identity)).toBe(`teacher-${'ab'.repeat(16)}`);
  expect(eventSubject('digits.2')).toBe('lyceum.events.digits_2');
});

test('digestBytes and digestHex are inverse, and refuse invalid digests', () => {
  expect(sha256Hex('abc')).toBe(createHash('sha256').update('abc').digest('hex'));
  expect(digestHex(digestBytes(identity))).toBe(identity);
  expect(() => digestBytes(identity.toUpperCase())).toThrow('64 hex digits');
  expect(() => digestHex(Buffer.alloc(31))).toThrow('got 31');
});

test('LyceumError says whether to retry, and toLyceumError makes unknown errors INTERNAL', () => {
  expect(new LyceumError('UNAVAILABLE', 'x').retryable).toBe(true);
  expect(new LyceumError('ABORTED', 'x').retryable).toBe(false);
  const unknown = toLyceumError('thrown text');
  expect([unknown.code, unknown.message]).toEqual(['INTERNAL', 'thrown text']);
  expect(toLyceumError(unknown)).toBe(unknown);
});
