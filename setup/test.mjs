/** `npm test [-- FILTER…]`: sets up, runs all tests, ends with the line `N passed, N failed`. */
import { setUpOrExit } from './command.mjs';
import { exitWithCounts, runTests } from './tests.mjs';

await setUpOrExit({ lastLine: '0 passed, 1 failed' });
exitWithCounts(await runTests(process.argv.slice(2)));
