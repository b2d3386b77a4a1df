/**
 * `npm run setup [-- --data fashion]…`: sets everything up and reports the result.
 *
 * If the native engine is wanted and cannot be set up, this command exits with 1, so that the user notices. Demo and
 * tests go on with WebAssembly instead.
 */
import { parseArgs } from 'node:util';
import { orExit, setUpOrExit } from './command.mjs';
import { assertDataName } from './data.mjs';
import { say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const data = await orExit(async () => wantedData(process.argv.slice(2)));
const { engine, remedy } = await setUpOrExit({ data, insist: true });
say('set-up', `complete, engine ${engine}`);
if (remedy !== undefined) process.exitCode = 1;

/** @param {string[]} args */
function wantedData(args) {
  const names = /** @type {import('./data.mjs').DataName[]} */ (['digits']);
  for (const name of parseDataOptions(args)) {
    assertDataName(name);
    names.push(name);
  }
  return names;
}

/** @param {string[]} args */
function parseDataOptions(args) {
  try {
    const { values } = parseArgs({ args, options: { data: { type: 'string', multiple: true } } });
    return values.data ?? [];
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : String(error), {
      remedy: 'usage: npm run setup [-- --data fashion]',
    });
  }
}
