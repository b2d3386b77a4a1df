/** Names and digests as values: what they look like is a contract with what already lies in NATS. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestBytes, digestHex, sha256Hex } from '../src/digest.js';
import { LyceumError, toLyceumError } from '../src/errors.js';
import { eventSubject, ticketConsumer, ticketSubject } from '../src/names/subjects.js';

const identity = 'ab'.repeat(32);

test('subjects and consumers are single tokens', () => {
  expect(ticketSubject(identity)).toBe(`lyceum.tickets.${'ab'.repeat(16)}`);
  expect(ticketConsumer(identity)).toBe(`teacher-${'ab'.repeat(16)}`);
  expect(eventSubject('digits.2')).toBe('lyceum.events.digits_2');
});

test('digests go both ways and refuse what is none', () => {
  expect(sha256Hex('abc')).toBe(createHash('sha256').update('abc').digest('hex'));
  expect(digestHex(digestBytes(identity))).toBe(identity);
  expect(() => digestBytes(identity.toUpperCase())).toThrow('64 hex digits');
  expect(() => digestHex(Buffer.alloc(31))).toThrow('got 31');
});

test('errors say what a caller may do', () => {
  expect(new LyceumError('UNAVAILABLE', 'x').retryable).toBe(true);
  expect(new LyceumError('ABORTED', 'x').retryable).toBe(false);
  const unknown = toLyceumError('thrown text');
  expect([unknown.code, unknown.message]).toEqual(['INTERNAL', 'thrown text']);
  expect(toLyceumError(unknown)).toBe(unknown);
});
