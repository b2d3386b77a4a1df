/**
 * Hosts that URLs call, and patterns that match them: tables, with spellings that a comparison of texts would miss.
 */
import { expect, it } from 'vitest';
import { calleeOf, matchesHost, parseHostPattern } from '../../src/index.js';

it.each([
  ['http://a.example/x?y', 'http a.example 80'],
  ['https://A.Example.:8443/', 'https a.example 8443'],
  ['grpcs://a.example:443', 'grpcs a.example 443'],
  ['grpc://a.example:80', 'grpc a.example 80'],
  ['grpc://[::1]:8001/', 'grpc ::1 8001'],
  // One address, in the ways in which inet_aton reads it.
  ['http://2130706433/', 'http 127.0.0.1 80'],
  ['http://0x7f000001/', 'http 127.0.0.1 80'],
  ['http://0177.0.0.1/', 'http 127.0.0.1 80'],
  ['http://127.1/', 'http 127.0.0.1 80'],
  ['http://0x7f.1/', 'http 127.0.0.1 80'],
  ['grpc://2130706433:8001', 'grpc 127.0.0.1 8001'],
  ['grpc://0x7f.0.0.1:8001', 'grpc 127.0.0.1 8001'],
  ['http://１２７.０.０.１/', 'http 127.0.0.1 80'],
  ['http://[::ffff:127.0.0.1]/', 'http ::ffff:7f00:1 80'],
  ['http://[0:0:0:0:0:0:0:1]/', 'http ::1 80'],
  ['http://%31%32%37.0.0.1/', 'http 127.0.0.1 80'],
])('calleeOf reads %s as %s', (url, callee) => {
  const { scheme, host, port } = calleeOf(url);
  expect(`${scheme} ${host} ${port}`).toBe(callee);
});

it.each(['', 'file:///etc/passwd', 'a.example:80', 'http://', 'http://a b/', 'grpc://a:99999'])(
  'calleeOf refuses %s',
  (url) => expect(() => calleeOf(url)).toThrow('is no address to call'),
);

it.each([
  ['a.example', 'https://a.example/', true],
  ['A.EXAMPLE', 'https://a.example./', true],
  ['a.example', 'https://b.a.example/', false],
  ['a.example', 'https://a.example.evil.test/', false],
  ['a.example', 'https://xa.example/', false],
  ['*.example', 'https://a.example/', true],
  ['*.example', 'https://b.a.example:8443/', true],
  ['*.example', 'https://example/', false],
  ['*.example', 'https://evilexample/', false],
  ['a.example:8443', 'https://a.example:8443/', true],
  ['a.example:8443', 'https://a.example/', false],
  ['a.example:443', 'https://a.example/', true],
  ['https://a.example', 'https://a.example/', true],
  ['https://a.example', 'http://a.example/', false],
  ['127.0.0.1', 'http://2130706433/', true],
  ['[::1]:8001', 'grpc://[0:0:0:0:0:0:0:1]:8001', true],
])('the pattern %s matches %s: %s', (pattern, url, names) => {
  const read = parseHostPattern(pattern);
  expect(read && matchesHost(read, calleeOf(url))).toBe(names);
});

it.each([
  '',
  '*',
  '*.',
  'a.*',
  '*.*.example',
  'a b',
  'a/b',
  'user@a',
  'ftp://a',
  'a:99999',
  '::1',
  '*.10.0.0.1',
])('%j is no host pattern', (text) => expect(parseHostPattern(text)).toBeUndefined());
