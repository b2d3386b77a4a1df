/**
 * The common part of the commands around set-up: the options from the environment, Ctrl-C, and how an error ends the
 * process.
 *
 * Ctrl-C during set-up stops the running tool with all its children, removes the scratch folder, releases the lock and
 * exits with 128 + the signal's number. A second Ctrl-C exits at once.
 */
import { constants } from 'node:os';
import { CHECKOUT, cacheRoot } from './places.mjs';
import { assertNodeVersion, setUp } from './set-up.mjs';
import { SetupError } from './setup-error.mjs';

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One Ctrl-C may come as two signals within this time: from the terminal, and from npm, which passes it on. */
const SAME_PRESS_MS = 500;

/**
 * Sets up, then returns. Ends the process if that fails.
 *
 * @param {object} [wanted]
 * @param {readonly import('./data.mjs').DataName[]} [wanted.data]
 * @param {boolean} [wanted.insist] see set-up.mjs
 * @param {string} [wanted.lastLine] printed to stdout if set-up fails
 */
export async function setUpOrExit({ data = ['digits'], insist = false, lastLine } = {}) {
  return orExit(async (signal) => {
    assertNodeVersion(process.versions.node);
    const cache = cacheRoot(process.env);
    // Programs that start later find the cache by this absolute path, even in another working folder.
    process.env['LYCEUM_CACHE'] = cache;
    const accelerator = process.env['LYCEUM_ACCELERATOR'] || undefined;
    return setUp({ checkout: CHECKOUT, cache, accelerator, data, insist, signal });
  }, lastLine);
}

/**
 * Runs `work` with a signal that aborts on Ctrl-C; a {@link SetupError} ends the process with 1.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @param {string} [lastLine]
 * @returns {Promise<T>}
 */
export async function orExit(work, lastLine) {
  const controller = new AbortController();
  /** @type {NodeJS.Signals | undefined} */
  let caught;
  let caughtAtMs = 0;
  const onSignal = (/** @type {NodeJS.Signals} */ name) => {
    if (caught !== undefined) {
      if (performance.now() - caughtAtMs > SAME_PRESS_MS) process.exit(exitCodeOf(name));
      return;
    }
    caught = name;
    caughtAtMs = performance.now();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (caught !== undefined) {
      process.stderr.write('lyceum: interrupted\n');
      return process.exit(exitCodeOf(caught));
    }
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`lyceum: ${error.message}\nlyceum: remedy: ${error.remedy}\n`);
    if (lastLine !== undefined) process.stdout.write(`${lastLine}\n`);
    return process.exit(1);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

/** @param {NodeJS.Signals} name */
function exitCodeOf(name) {
  return 128 + constants.signals[name];
}
