/**
 * Installs Chromium with apt-get, if the user is root and the packages can be fetched within a minute. Prints the
 * outcome, and ends with 1 if there is no Chromium: `npm test` then leaves out the browser tests.
 */
import { spawnSync } from 'node:child_process';
import { findChromium } from './chromium.mjs';
import { say } from './progress.mjs';

const MINUTE_MS = 60_000;
const PACKAGES = ['chromium', 'fonts-dejavu-core'];

if (findChromium(process.env) === undefined) install();
const found = findChromium(process.env);
say(
  'browser',
  found ?? 'no Chromium: the browser tests are left out; install one, or set LYCEUM_CHROMIUM',
);
process.exitCode = found === undefined ? 1 : 0;

function install() {
  if (process.getuid?.() !== 0) return;
  say('browser', 'installing Chromium with apt-get');
  const endMs = Date.now() + MINUTE_MS;
  const wanted = ['install', '-y', '--no-install-recommends', ...PACKAGES];
  const isFetched = [['update'], [...wanted, '--download-only']].every((args) =>
    aptGet(args, Math.max(1, endMs - Date.now())),
  );
  // No time limit: an installation that is stopped half-way leaves packages half installed.
  if (isFetched) aptGet(wanted);
}

/** @param {readonly string[]} args @param {number} [timeoutMs] @returns {boolean} whether apt-get ended with 0 */
function aptGet(args, timeoutMs) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const timeout = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  return spawnSync('apt-get', ['-qq', ...args], { stdio: 'ignore', env, ...timeout }).status === 0;
}
