/** `refusal` and `OneTimeSession`: each guard alone, with requests that pass all others. */
import { describe, expect, test } from 'vitest';
import {
  type AccessRules,
  type Asked,
  OneTimeSession,
  refusal,
} from '../../src/dashboard/access/index.js';

const RULES: AccessRules = {
  scheme: 'http',
  isOwnHost: (name, port) => ['127.0.0.1', '[::1]', 'localhost'].includes(name) && port === 7780,
  hostAdvice: 'call it localhost',
  hasSession: (cookies) => cookies === 'in',
  readOnly: undefined,
};

const LOOK: Asked = { method: 'GET', path: '/api/runs', host: '127.0.0.1:7780', cookie: 'in' };
const CHANGE: Asked = {
  ...LOOK,
  method: 'POST',
  path: '/api/runs/a/cancel',
  origin: 'http://127.0.0.1:7780',
  contentType: 'application/json',
};

const statusOf = (asked: Asked, rules: Partial<AccessRules> = {}) =>
  refusal(asked, { ...RULES, ...rules })?.status;

test("refusal lets requests of the dashboard's own page pass", () => {
  expect(refusal(LOOK, RULES)).toBeUndefined();
  expect(refusal({ ...LOOK, fetchSite: 'same-origin' }, RULES)).toBeUndefined();
  expect(refusal(CHANGE, RULES)).toBeUndefined();
  for (const host of ['localhost:7780', 'LOCALHOST:7780', '[::1]:7780']) {
    expect(refusal({ ...LOOK, host }, RULES), host).toBeUndefined();
  }
});

describe('refusal by host', () => {
  test.each([
    'evil.example:7780',
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:7781',
    'localhost.evil.example:7780',
    '127.0.0.1:7780@evil.example',
    'user@127.0.0.1:7780',
    '127.0.0.1:7780/..',
    '',
    undefined,
  ])('refuses the host %s', (host) => {
    expect(statusOf({ ...LOOK, host })).toBe(421);
    // The one-time address is refused there, too.
    expect(statusOf({ ...LOOK, host, path: '/open/x', cookie: '' })).toBe(421);
  });

  test('takes the port of the scheme for a host without a port', () => {
    const isOwnHost = (_: string, port: number) => port === 443;
    expect(statusOf({ ...LOOK, host: 'lab' }, { isOwnHost, scheme: 'https' })).toBeUndefined();
    expect(statusOf({ ...LOOK, host: 'lab' }, { isOwnHost })).toBe(421);
  });
});

test('refusal of a request without a session says how to open the dashboard', () => {
  expect(statusOf({ ...LOOK, cookie: undefined })).toBe(401);
  expect(statusOf({ ...LOOK, cookie: 'out', path: '/' })).toBe(401);
  expect(refusal({ ...LOOK, cookie: 'out' }, RULES)?.message).toContain('coordinator dashboard');
  expect(statusOf({ ...LOOK, cookie: undefined, path: '/open/token' })).toBeUndefined();
});

test('refusal keeps pages of other origins from the API', () => {
  expect(statusOf({ ...LOOK, fetchSite: 'cross-site' })).toBe(403);
  // Another port of this machine is the same site.
  expect(statusOf({ ...LOOK, fetchSite: 'same-site' })).toBe(403);
  expect(statusOf({ ...LOOK, path: '/', fetchSite: 'cross-site' })).toBeUndefined();
});

describe('refusal of changes', () => {
  test.each([
    'http://evil.example',
    'http://127.0.0.1:3000',
    'http://localhost:7780',
    'null',
    undefined,
  ])('refuses a change from the origin %s', (origin) => {
    expect(statusOf({ ...CHANGE, origin })).toBe(403);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
    'refuses the content type %s, which a form can send',
    (contentType) => {
      expect(statusOf({ ...CHANGE, contentType })).toBe(415);
    },
  );

  test('takes JSON with a character set', () => {
    const contentType = 'application/json; charset=utf-8';
    expect(statusOf({ ...CHANGE, contentType })).toBeUndefined();
  });

  test('refuses changes of a read-only dashboard, and says how to make them', () => {
    const rules = { ...RULES, readOnly: 'use coordinator dashboard' };
    expect(refusal(CHANGE, rules)).toMatchObject({ status: 403, message: rules.readOnly });
    expect(refusal(LOOK, rules)).toBeUndefined();
  });
});

describe('OneTimeSession', () => {
  const session = () => new OneTimeSession('lyceum-7780', 'token', 'secret');

  test('opens with its token once', () => {
    const own = session();
    expect(own.open('other')).toBe('unknown');
    expect(own.open('')).toBe('unknown');
    expect(own.open('token')).toBe('opened');
    expect(own.open('token')).toBe('spent');
    expect(own.open('other')).toBe('unknown');
  });

  test('sets a cookie that is HttpOnly and SameSite=Strict', () => {
    expect(session().setCookie).toBe('lyceum-7780=secret; HttpOnly; SameSite=Strict; Path=/');
  });

  test.each([
    ['lyceum-7780=secret', true],
    ['a=b; lyceum-7780=secret; c', true],
    ['lyceum-7780=stale; lyceum-7780=secret', true],
    ['lyceum-7780=secre', false],
    ['lyceum-7780=secretx', false],
    ['lyceum-7780=', false],
    ['lyceum-7781=secret', false],
    ['x-lyceum-7780=secret', false],
    ['secret', false],
    ['', false],
  ])('isIn of the cookies %s is %s', (cookies, isIn) => {
    expect(session().isIn(cookies)).toBe(isIn);
  });
});
