/** To which hosts secrets go: files and variables as an operator writes them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import {
  calleeOf,
  headersWithSecrets,
  readSecret,
  secretPlaces,
  withoutSecrets,
} from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  writeFileSync(join(folder, 'api-key'), 's3cret\n');
  rmSync(join(folder, 'api-key.hosts'), { force: true });
});

const ours = calleeOf('https://api.example.org/v1');
const theirs = calleeOf('https://evil.example/api.example.org');
const shared = secretPlaces(folder, {}, 'nowhere');

it('a secret without hosts is not sent; the error names the file that would allow it', () => {
  const read = () => readSecret(shared, 'api-key', ours);
  expect(read).toThrow(
    `the secret api-key is not sent to api.example.org, which is not in the secret's list of hosts; a file api-key.hosts in ${folder} with the line api.example.org, or LYCEUM_HOSTS_OF_API_KEY=api.example.org adds it`,
  );
  expect(read).not.toThrow('s3cret');
  expect(readSecret(secretPlaces(folder, {}, 'anywhere'), 'api-key', theirs)).toBe('s3cret');
});

it.each([
  ['api.example.org\n', true],
  ['# ours\n\nother.example\r\napi.example.org # the first\r\n', true],
  ['*.example.org', true],
  ['api.example.org:443', true],
  ['https://api.example.org', true],
  ['api.example.org:8443', false],
  ['http://api.example.org', false],
  ['example.org', false],
  ['', false],
  ['# api.example.org', false],
  ['# no more: other.example, api.example.org\nthird.example', false],
  ['other.example # the first, and the only one', false],
  ['other.example, api.example.org # both, since May', true],
])('a secret with the hosts %j is sent to api.example.org: %s', (hosts, goes) => {
  writeFileSync(join(folder, 'api-key.hosts'), hosts);
  // Once a secret has a list of hosts, the list holds in every program.
  for (const unbound of ['nowhere', 'anywhere'] as const) {
    const places = secretPlaces(folder, {}, unbound);
    if (goes) expect(readSecret(places, 'api-key', ours)).toBe('s3cret');
    else expect(() => readSecret(places, 'api-key', ours)).toThrow('is not sent to');
    expect(() => readSecret(places, 'api-key', theirs)).toThrow('is not sent to evil.example');
  }
});

it('headersWithSecrets reads secrets and their hosts from environment variables', () => {
  const environment = {
    LYCEUM_SECRET_API_KEY: 'fr0m env',
    LYCEUM_HOSTS_OF_API_KEY: 'other.example,api.example.org',
    HOME: '/root',
  };
  const places = secretPlaces(undefined, environment, 'nowhere');
  expect(Object.keys(places.variables)).toHaveLength(2);
  const headers = { authorization: { secret: 'api-key', prefix: 'Bearer ' }, x: 'y' };
  expect(headersWithSecrets(headers, places, 'https://api.example.org/')).toEqual({
    headers: { authorization: 'Bearer fr0m env', x: 'y' },
    secrets: ['fr0m env'],
  });
  expect(() => headersWithSecrets(headers, places, 'http://127.0.0.1:9/')).toThrow(
    'LYCEUM_HOSTS_OF_API_KEY=127.0.0.1 adds it',
  );
});

it('headersWithSecrets puts a secret that begins with another one first, so it is removed whole', () => {
  const environment = { LYCEUM_SECRET_A: 'abcd-1234', LYCEUM_SECRET_B: 'abcd-1234-5678' };
  const places = secretPlaces(undefined, environment, 'anywhere');
  const headers = { a: { secret: 'a', prefix: '' }, b: { secret: 'b', prefix: '' } };
  const { secrets } = headersWithSecrets(headers, places, 'https://api.example.org/');
  expect(withoutSecrets('of abcd-1234-5678 and abcd-1234', secrets)).toBe(
    'of [secret] and [secret]',
  );
});

it('readSecret refuses an invalid line of the hosts file, and an invalid name of a secret', () => {
  writeFileSync(join(folder, 'api-key.hosts'), 'https://api.example.org/v1\n');
  expect(() => readSecret(shared, 'api-key', ours)).toThrow('want HOST, *.DOMAIN, HOST:PORT');
  for (const name of ['api-key.hosts', '../api-key', 'API-KEY']) {
    expect(() => readSecret(shared, name, ours)).toThrow("is no secret's name");
  }
});

it.each(['two\nlines', 'кey', 'k\u00a0y', 'k\u0000y'])(
  'headersWithSecrets refuses a secret with %j and does not show it',
  (key) => {
    const environment = { LYCEUM_SECRET_API_KEY: `${key}-and-more` };
    const places = secretPlaces(undefined, environment, 'anywhere');
    const headers = { authorization: { secret: 'api-key', prefix: 'Bearer ' } };
    let said = '';
    try {
      headersWithSecrets(headers, places, 'https://api.example.org/');
    } catch (err) {
      said = String(err);
    }
    expect(said).toMatch(/the secret api-key cannot be sent: character \d of \d+ is a line end or/);
    expect(said).not.toContain('and-more');
    expect(() => headersWithSecrets({ x: key }, places, 'http://127.0.0.1:9/')).toThrow(
      'the header x cannot be sent',
    );
  },
);
