/** Places of set-up's files: the checkout, the cache outside it, and the record of the engine. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/**
 * `${LYCEUM_CACHE}`, else `lyceum` in the user's cache folder.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} [home]
 * @returns {string} an absolute path
 */
export function cacheRoot(env, home = homedir()) {
  if (env['LYCEUM_CACHE']) return resolve(env['LYCEUM_CACHE']);
  const user = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is invalid, and is ignored.
  return join(user && isAbsolute(user) ? user : join(home, '.cache'), 'lyceum');
}

/**
 * The path of the last set-up's record of the engine: `{ engine: 'native' | 'wasm', reason?, … }`. The record vanishes
 * with node_modules, as the addon's link does.
 *
 * @param {string} checkout
 */
export function recordPath(checkout) {
  return join(checkout, 'node_modules/.lyceum/engine.json');
}
