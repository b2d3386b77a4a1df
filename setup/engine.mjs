/**
 * The native TensorFlow engine: TensorFlow's C library out of a wheel, and the addon of
 * `@tensorflow/tfjs-node-gpu` compiled against it. The package itself is used unchanged; its own
 * install step, which fetches a library from 2022, never runs.
 *
 * The cache holds library and addon side by side: the addon looks for the library in its own folder, so that the cache
 * can be moved. node_modules gets a link to the addon; `npm ci` removes the link, and set-up puts it back.
 *
 * If the native engine cannot be set up, the link is absent: programs that do not find the addon run on WebAssembly.
 * {@link engineRecord} tells the next set-up the reason.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { holdingCache, install } from './cache.mjs';
import { findOnPath, runTool, ToolError } from './child.mjs';
import { unusedGpu } from './gpu.mjs';
import { linkTarget, placeLink } from './links.mjs';
import { TENSORFLOW } from './pins.mjs';
import { recordPath } from './places.mjs';
import { megabytes, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { tryTensorFlow } from './tensorflow-trial.mjs';
import { fetchWheel, unpackWheel } from './wheel.mjs';

const TOPIC = 'engine';
const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';
const ADDON_LINK = `${PACKAGE}/lib/napi-v8/tfjs_binding.node`;
const ADDON = 'tfjs_binding.node';
/** Version of the way in which the addon is compiled; raise it if the way changes. */
const ADDON_BUILD = 2;

const LIBRARY = 'tensorflow/libtensorflow_';
const HEADERS = [
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

/** Time before set-up repeats a failed attempt by itself. `npm run setup` repeats it at once. */
const RETRY_AFTER_MS = 3_600_000;

const SLOWER =
  'going on with WebAssembly, which trains a small convolutional net 5 to 7 times slower ' +
  '(about 600 instead of 3,000 to 4,500 samples/s on two cores)';

/**
 * @typedef {object} EngineRecord
 * @property {'native' | 'wasm'} engine
 * @property {string} accelerator
 * @property {string} [addon] native: the file that was loaded
 * @property {string} [node] native: the Node that loaded it
 * @property {string} [reason] wasm: why the engine is not native; native: why it does not use the GPU of this machine
 * @property {string} [remedy] what a person can do about the reason
 * @property {number} [triedAtMs] wasm: when the native engine was last tried
 */

/**
 * @typedef {object} EngineOptions
 * @property {string} checkout
 * @property {string} cache
 * @property {string} accelerator `cpu`, `cuda`, or `wasm` to do without TensorFlow's library
 * @property {AbortSignal} signal
 */

/**
 * @param {EngineOptions & { insist: boolean }} options `insist`: repeat an attempt that failed before
 * @returns {Promise<EngineRecord>}
 * @throws {SetupError} if WebAssembly would not help: a wrong checksum, a full disk
 */
export async function setUpEngine({ insist, ...options }) {
  const { checkout, accelerator } = options;
  const before = engineRecord(checkout);
  if (accelerator === 'wasm') {
    if (before?.accelerator === 'wasm') return before;
    return settleForWasm(checkout, { accelerator, reason: 'asked for' });
  }
  if (accelerator !== 'cpu' && accelerator !== 'cuda') {
    throw new SetupError(`LYCEUM_ACCELERATOR is "${accelerator}"`, {
      remedy: 'it can be cpu (the default), cuda, or wasm to do without TensorFlow’s library',
    });
  }
  if (before?.accelerator === accelerator) {
    const isDone = before.remedy === undefined || !insist;
    if (before.engine === 'native' && isDone && isInPlace(options, before)) return before;
    if (
      before.engine === 'wasm' &&
      !insist &&
      Date.now() - (before.triedAtMs ?? 0) < RETRY_AFTER_MS
    ) {
      say(TOPIC, `${before.reason}: ${SLOWER}; \`npm run setup\` tries again`);
      return before;
    }
  }
  try {
    return await setUpNative({ ...options, accelerator });
  } catch (error) {
    if (!(error instanceof SetupError) || error.blocking) throw error;
    say(TOPIC, `${error.message}: ${SLOWER}`);
    say(TOPIC, `to have the native engine: ${error.remedy}, then \`npm run setup\``);
    return settleForWasm(checkout, {
      accelerator,
      reason: error.message,
      remedy: error.remedy,
      triedAtMs: Date.now(),
    });
  }
}

/** @param {string} checkout @returns {EngineRecord | undefined} what the last set-up found */
export function engineRecord(checkout) {
  const file = recordPath(checkout);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** @param {EngineOptions & { accelerator: 'cpu' | 'cuda' }} options */
async function setUpNative(options) {
  const { checkout, cache, accelerator, signal } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `TensorFlow’s library is pinned for Linux on x86-64 only, this is ${process.platform} on ${process.arch}`,
      { remedy: 'use an x86-64 Linux machine', blocking: false },
    );
  }
  const folder = engineFolder(options);
  const addon = join(folder, ADDON);
  if (!existsSync(addon)) {
    // Look for the compiler first, before hundreds of megabytes are fetched in vain.
    if (findOnPath('g++') === undefined) {
      throw new SetupError('there is no C++ compiler (g++) on PATH', {
        remedy: 'install one (Debian, Ubuntu: apt-get install g++)',
        blocking: false,
      });
    }
    await holdingCache(cache, signal, async () => {
      if (!existsSync(addon)) await build(options, folder);
    });
  }
  placeLink(join(checkout, ADDON_LINK), addon);
  await verify({ checkout, folder, signal });
  say(TOPIC, `native TensorFlow ${TENSORFLOW[accelerator].version} (${accelerator}) is ready`);
  const unused = accelerator === 'cuda' ? await unusedGpu({ checkout, cache, signal }) : undefined;
  return writeRecord(checkout, {
    ...{ engine: 'native', accelerator, addon, node: process.version },
    ...unused,
  });
}

/** @param {EngineOptions} options */
function engineFolder({ checkout, cache, accelerator }) {
  const { name, version } = TENSORFLOW[/** @type {'cpu' | 'cuda'} */ (accelerator)];
  const { version: addonVersion } = JSON.parse(
    readFileSync(join(checkout, PACKAGE, 'package.json'), 'utf8'),
  );
  return join(cache, 'engine', `${name}-${version}-tfjs-${addonVersion}-${ADDON_BUILD}`);
}

/** @param {EngineOptions} options @param {EngineRecord} record */
function isInPlace(options, record) {
  const addon = join(engineFolder(options), ADDON);
  return (
    record.addon === addon &&
    record.node === process.version &&
    existsSync(addon) &&
    linkTarget(join(options.checkout, ADDON_LINK)) === addon
  );
}

/** @param {EngineOptions & { accelerator: 'cpu' | 'cuda' }} options @param {string} folder */
async function build({ checkout, cache, accelerator, signal }, folder) {
  const pin = TENSORFLOW[accelerator];
  const needsBytes = pin.bytes + pin.unpackedBytes;
  await install({ cache, target: folder, needsBytes }, async (scratch) => {
    const wheel = await fetchWheel(pin, { topic: TOPIC, scratch, signal });
    say(TOPIC, `unpacking TensorFlow’s library (${megabytes(pin.unpackedBytes)})`);
    await unpackWheel(wheel, [LIBRARY, ...HEADERS], { folder: scratch, signal });
    const made = join(scratch, 'engine');
    mkdirSync(made);
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
      renameSync(join(scratch, 'tensorflow', name), join(made, name));
    }
    say(TOPIC, 'compiling the addon (about 15 s)');
    await compile({ checkout, include: join(scratch, 'tensorflow/include'), made, signal });
    return made;
  });
}

/** @param {{ checkout: string, include: string, made: string, signal: AbortSignal }} options */
async function compile({ checkout, include, made, signal }) {
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-w'],
    ...['-I', join(checkout, 'node_modules/node-api-headers/include'), '-I', include],
    ...['-I', '.', '-I', '..', 'binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
    ...['-o', join(made, ADDON), '-L', made],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN'],
    // TensorFlow registers functions to be called when the process ends. Without this flag, the end of a thread could
    // unload them.
    '-Wl,-z,nodelete',
  ];
  try {
    await runTool('g++', args, { cwd: join(checkout, PACKAGE), signal });
  } catch (error) {
    if (!(error instanceof ToolError) || /No space left/.test(error.output)) throw error;
    throw new SetupError(`g++ could not compile the addon:\n${error.output}`, {
      remedy: 'use a g++ that knows C++17 (8 or newer)',
      blocking: false,
      cause: error,
    });
  }
}

/**
 * Tries the addon in a process of its own: loads it and multiplies two matrices.
 *
 * @param {{ checkout: string, folder: string, signal: AbortSignal }} options
 */
async function verify({ checkout, folder, signal }) {
  try {
    await tryTensorFlow({ checkout, signal, device: 'any' });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const reason = /^.*Error: .*$/m.exec(error.output)?.[0] ?? error.message;
    throw new SetupError(`the native engine does not load (${reason.trim()})`, {
      remedy: `check that this machine is new enough for it (glibc 2.27, AVX), remove ${folder} if it is damaged`,
      blocking: false,
      cause: error,
    });
  }
}

/**
 * Removes the addon's link, so that no program tries an addon that failed here: an addon that does not fit the
 * processor crashes its process.
 *
 * @param {string} checkout
 * @param {Omit<EngineRecord, 'engine'>} why
 */
function settleForWasm(checkout, why) {
  rmSync(join(checkout, ADDON_LINK), { force: true });
  return writeRecord(checkout, { engine: 'wasm', ...why });
}

/** @param {string} checkout @param {EngineRecord} record */
function writeRecord(checkout, record) {
  const file = recordPath(checkout);
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(aside, file);
  return record;
}
