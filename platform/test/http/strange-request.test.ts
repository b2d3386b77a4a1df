/** Requests by their headers alone, as browsers and other clients send them. */
import { expect, test } from 'vitest';
import { strangeRequest } from '../../src/http/index.js';

const LOOPBACK = '127.0.0.1';

const asked = (method: string, headers: Record<string, string>, listensAt = LOOPBACK) =>
  strangeRequest({ method, headers }, listensAt)?.status;

test.each([
  ['localhost:8000', undefined],
  ['LOCALHOST', undefined],
  ['127.0.0.1:8000', undefined],
  ['127.1.2.3:80', undefined],
  ['[::1]:8000', undefined],
  ['evil.example:8000', 421],
  ['127.0.0.1.evil.example', 421],
  ['localhost.evil.example:8000', 421],
  ['192.168.0.7:8000', 421],
  ['evil.example:80:80', 421],
  ['', 421],
])('strangeRequest for a loopback server and Host %j gives status %j', (host, status) => {
  expect(asked('GET', { host })).toBe(status);
  expect(asked('GET', { host }, 'localhost')).toBe(status);
  expect(asked('GET', { host }, '::1')).toBe(status);
});

test('strangeRequest accepts any Host for a server beyond loopback, and a request without Host', () => {
  expect(asked('GET', { host: 'inference:8000' }, '0.0.0.0')).toBeUndefined();
  expect(asked('POST', { host: 'inference:8000' }, '10.0.0.5')).toBeUndefined();
  expect(asked('GET', {})).toBeUndefined();
});

const host = 'localhost:8000';

test.each([
  ['no browser', {}, undefined],
  ['a page from here', { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, undefined],
  ['a person', { 'sec-fetch-site': 'none' }, undefined],
  [
    'a page behind a proxy',
    { origin: 'https://own.example', 'sec-fetch-site': 'same-origin' },
    undefined,
  ],
  ['an older page from here', { origin: `http://${host}` }, undefined],
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
  ['another port', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, 403],
  ['an older page from elsewhere', { origin: 'https://evil.example' }, 403],
  ['a page in a sandbox', { origin: 'null' }, 403],
])('strangeRequest judges a POST from %s, and accepts the same GET', (_, headers, status) => {
  for (const listensAt of [LOOPBACK, '0.0.0.0']) {
    expect(asked('POST', { host, ...headers }, listensAt)).toBe(status);
    expect(asked('GET', { host, ...headers }, listensAt)).toBeUndefined();
  }
});
