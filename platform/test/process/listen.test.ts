/** Pure: addresses in, values or named refusals out. */
import { LyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { checkListenAddress, formatAddress, parseAddress } from '../../src/process/listen.js';

test.each([
  ['127.0.0.1:7700', { host: '127.0.0.1', port: 7700 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('%s is parsed and formatted again', (address, parts) => {
  expect(parseAddress(address)).toEqual(parts);
  expect(formatAddress(parts)).toBe(address);
});

test.each([
  '',
  '7700',
  ':7700',
  '::1:7700',
  'host:',
  'host:65536',
  'host:-1',
  'a b:1',
  'http://x:1',
])('parseAddress refuses "%s"', (address) => {
  expect(() => parseAddress(address)).toThrow(LyceumError);
  expect(() => parseAddress(address)).toThrow('want HOST:PORT');
});

test.each(['127.0.0.1:1', '127.9.9.9:1', 'localhost:1', '[::1]:1'])(
  'a server may listen at %s without --insecure',
  (address) => {
    checkListenAddress(address, false);
  },
);

test.each(['0.0.0.0:1', '[::]:1', '10.0.0.1:1', 'example.org:1', '127.evil.org:1'])(
  'a server may listen at %s only with --insecure',
  (address) => {
    expect(() => checkListenAddress(address, false)).toThrow('--insecure');
    checkListenAddress(address, true);
  },
);
