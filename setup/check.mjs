/**
 * `npm run check [-- PART…]`: sets up, then checks format and lint, the direction of imports, unused exports and
 * files, types (with the tests' types), the site with its links, and the unit tests. Every part runs, even if an
 * earlier part failed. In the last line each part but the unit tests counts once; all tests of the site and all unit
 * tests count too.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUpOrExit } from './command.mjs';
import { CHECKOUT } from './places.mjs';
import { say } from './progress.mjs';
import { runSite } from './site.mjs';
import { exitWithCounts, runTests } from './tests.mjs';

/** @type {Readonly<Record<string, () => Promise<{ passed: number, failed: number }>>>} */
const PARTS = {
  lint: async () => runCheck('biome', ['check', '--error-on-warnings']),
  imports: async () => runCheck('depcruise', codeFolders()),
  exports: async () => runCheck('knip', ['--no-progress']),
  types: async () => runCheck('tsc', ['-p', 'tsconfig.test.json']),
  docs: async () => {
    const built = counted(runSite('build') === 0);
    return built.failed > 0 ? built : sum(built, await runTests(['--project', 'site']));
  },
  unit: async () => runTests(['--project', 'unit']),
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  const known = Object.keys(PARTS).join(', ');
  process.stderr.write(`lyceum: there is no check ${unknown.join(', ')}; choose from ${known}\n`);
  process.exit(2);
}

await setUpOrExit({ lastLine: '0 passed, 1 failed' });
let total = { passed: 0, failed: 0 };
for (const name of names) {
  say('check', name);
  const counts = await PARTS[name]?.();
  if (counts !== undefined) total = sum(total, counts);
}
exitWithCounts(total);

/** @param {string} tool one of node_modules/.bin @param {readonly string[]} args */
function runCheck(tool, args) {
  const bin = join(CHECKOUT, 'node_modules/.bin', tool);
  const { status } = spawnSync(bin, args, { cwd: CHECKOUT, stdio: 'inherit' });
  return counted(status === 0);
}

/** @param {boolean} isPassed */
function counted(isPassed) {
  return isPassed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * @param {{ passed: number, failed: number }} some
 * @param {{ passed: number, failed: number }} others
 */
function sum(some, others) {
  return { passed: some.passed + others.passed, failed: some.failed + others.failed };
}

/** @returns {string[]} */
function codeFolders() {
  /** @type {{ workspaces: string[] }} */
  const { workspaces } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));
  return workspaces.flatMap((workspace) => [`${workspace}/src`, `${workspace}/test`]);
}
