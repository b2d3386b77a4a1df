/**
 * `npm run docs [-- dev|build|preview] [ARG…]`: serves the site while its pages are edited (dev), builds it into
 * `site/dist/pages` (build), or serves the built site (preview). Arguments go to VitePress: `--port 8080`.
 */
import { setUpBuild } from './build.mjs';
import { orExit } from './command.mjs';
import { setUpPackages } from './packages.mjs';
import { CHECKOUT } from './places.mjs';
import { runSite } from './site.mjs';

const [first = 'dev', ...rest] = process.argv.slice(2);
const isNamed = first === 'dev' || first === 'build' || first === 'preview';
if (!isNamed && !first.startsWith('-')) {
  process.stderr.write('usage: npm run docs [-- dev|build|preview] [--port N]\n');
  process.exit(2);
}

await orExit(async (signal) => {
  await setUpPackages({ checkout: CHECKOUT, signal });
  await setUpBuild({ checkout: CHECKOUT, signal });
});
process.exitCode = isNamed ? runSite(first, rest) : runSite('dev', [first, ...rest]);
