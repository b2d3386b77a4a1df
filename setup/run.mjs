/**
 * `node setup/run.mjs SCRIPT [ARG…]`: sets up, then becomes SCRIPT.
 *
 * SCRIPT is imported into this process, not spawned: it gets the signals and stdin, sets the exit code, and ends when
 * this process is killed.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUpOrExit } from './command.mjs';
import { showCudaLibraries } from './gpu.mjs';
import { CHECKOUT, cacheRoot } from './places.mjs';

/**
 * Data that an example or a bench needs besides the digits, by its name.
 *
 * @type {Readonly<Record<string, import('./data.mjs').DataName>>}
 */
const DATA_OF = {
  'fashion-seeds': 'fashion',
  'chunk-order': 'fashion',
  consistent: 'fashion',
  'cross-modal': 'mfeat',
  data: 'photographs',
  'bucket-kills': 'photographs',
};

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node setup/run.mjs SCRIPT [ARG…]\n');
  process.exit(2);
}
const path = resolve(CHECKOUT, script);
const data = args.flatMap((arg) => DATA_OF[arg] ?? []);
const { accelerator } = await setUpOrExit({ data: ['digits', ...data] });

process.argv = [process.execPath, path, ...args];
// TensorFlow's library reads the variable once, when it is loaded: set it before.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
if (accelerator === 'cuda') showCudaLibraries(cacheRoot(process.env), process.env);
await import(pathToFileURL(path).href);
