/** The site: `site/` holds its configuration, and the program that writes the reference's pages. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT } from './places.mjs';

/** @param {'dev' | 'build' | 'preview'} what @param {readonly string[]} [args] @returns {number} the exit status */
export function runSite(what, args = []) {
  const reference = what === 'preview' ? 0 : run(process.execPath, ['site/dist/main.js']);
  if (reference !== 0) return reference;
  return run(join(CHECKOUT, 'node_modules/.bin/vitepress'), [what, 'site', ...args]);
}

/** @param {string} program @param {readonly string[]} args @returns {number} the exit status */
function run(program, args) {
  return spawnSync(program, args, { cwd: CHECKOUT, stdio: 'inherit' }).status ?? 1;
}
