/** How this tests: plain cases of `cacheRoot`. */
import { expect, test } from 'vitest';
import { cacheRoot } from '../places.mjs';

test.each([
  ['LYCEUM_CACHE first', { LYCEUM_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
  ['a relative one from here', { LYCEUM_CACHE: 'a' }, `${process.cwd()}/a`],
  ['an empty one is none', { LYCEUM_CACHE: '', XDG_CACHE_HOME: '/b' }, '/b/lyceum'],
  ['then the user’s cache folder', { XDG_CACHE_HOME: '/b' }, '/b/lyceum'],
  ['which must be absolute', { XDG_CACHE_HOME: 'b' }, '/home/me/.cache/lyceum'],
  ['then the usual one', {}, '/home/me/.cache/lyceum'],
])('cacheRoot: %s', (_rule, env, want) => {
  expect(cacheRoot(env, '/home/me')).toBe(want);
});
