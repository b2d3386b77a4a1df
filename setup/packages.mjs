/**
 * The npm packages, by `npm ci` whenever node_modules is not what package-lock.json says.
 *
 * As its last step npm writes a lock file of the installed packages into node_modules. Comparing the two lock files
 * shows an interrupted or outdated installation. It also accepts an installation that a user made by hand.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdingCheckout } from './holding-checkout.mjs';
import { runNpm } from './npm.mjs';
import { say } from './progress.mjs';

/**
 * @param {{ checkout: string, signal: AbortSignal }} options
 * @throws {import('./setup-error.mjs').SetupError} with npm's message
 */
export async function setUpPackages({ checkout, signal }) {
  if (arePackagesCurrent(checkout)) return;
  await holdingCheckout(checkout, signal, async () => {
    if (arePackagesCurrent(checkout)) return;
    say('packages', 'installing what package-lock.json names (about 30 s)');
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
    await runNpm(args, { cwd: checkout, signal });
  });
}

/** @param {string} checkout */
export function arePackagesCurrent(checkout) {
  const wanted = lockedPackages(join(checkout, 'package-lock.json'));
  const installed = lockedPackages(join(checkout, 'node_modules/.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    // The workspaces themselves are listed too, and are always there.
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    // Packages for other machines are optional, and may be absent.
    if (found === undefined) return optional === true;
    // A copy of node_modules alone, as caches keep it, lacks the packages in a workspace's own node_modules.
    if (!path.startsWith('node_modules/') && !existsSync(join(checkout, path))) return false;
    return link === true ? found.link === true : found.version === version;
  });
}

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @param {string} file
 * @returns {Record<string, LockedPackage>} by path; empty if there is no such file
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}
