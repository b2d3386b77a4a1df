/** The site of the pages: `site/` has its configuration. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT } from './places.mjs';

/** @param {'dev' | 'build' | 'preview'} what @param {readonly string[]} [args] @returns {number} the exit status */
export function runSite(what, args = []) {
  const bin = join(CHECKOUT, 'node_modules/.bin/vitepress');
  const { status } = spawnSync(bin, [what, 'site', ...args], { cwd: CHECKOUT, stdio: 'inherit' });
  return status ?? 1;
}
