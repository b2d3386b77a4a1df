/**
 * `npm test [-- FILTER…]`: sets up and runs all tests but those of the built site (`npm run check -- docs`). The last
 * line is `N passed, N failed`.
 */
import { setUpOrExit } from './command.mjs';
import { exitWithCounts, runTests } from './tests.mjs';

await setUpOrExit({ lastLine: '0 passed, 1 failed' });
const args = process.argv.slice(2);
const isNamed = args.some((arg) => arg.startsWith('--project'));
exitWithCounts(await runTests(isNamed ? args : ['--project', 'unit', '--project', 'int', ...args]));
