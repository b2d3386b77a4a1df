/** Addresses of NATS as people write them, and how they are read. */
import { describe, expect, it } from 'vitest';
import { checkedAddress, hostOf, portOf } from '../../src/nats/nats-address.js';

describe('an address of NATS', () => {
  it.each([
    ['nats://127.0.0.1:4222', '127.0.0.1', 4222],
    ['tls://nats.example', 'nats.example', 4222],
    ['localhost:4300', 'localhost', 4300],
    ['nats://[::1]:4222', '::1', 4222],
  ])('%s has host %s and port %i', (url, host, port) => {
    expect(checkedAddress(url)).toBe(url);
    expect([hostOf(url), portOf(url)]).toEqual([host, port]);
  });

  it('is shown without its user and password', () => {
    expect(checkedAddress('nats://me:secret@host:4222')).toBe('nats://host:4222');
    expect(checkedAddress('me:secret@host:4222')).toBe('host:4222');
    for (const none of [
      'nats://me:secret/@@host',
      'me:secret@host/path',
      'http://me:secret@host',
    ]) {
      expect(() => checkedAddress(none)).toThrow(/^"((nats|http):\/\/)?host[^@]*$/);
    }
  });

  it.each([
    'http://host',
    'nats://',
    'nats://a b',
    'nats://host:4222/path',
    'nats://host:65536',
    'me:secret@host:72222',
    'nats://[:::]:4222',
  ])('%s is refused', (url) => {
    expect(() => checkedAddress(url)).toThrow(/no address of NATS; want nats:\/\/HOST:PORT/);
  });
});
