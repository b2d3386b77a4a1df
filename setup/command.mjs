/**
 * The common part of the commands around set-up: the options from the environment, Ctrl-C, and how an error ends the
 * process.
 *
 * Ctrl-C during set-up stops the tool at work with all its children, sweeps the scratch folder,
 * gives the lock back and exits with 128 + the signal's number. A second one exits at once.
 */
import { constants } from 'node:os';
import { CHECKOUT, cacheRoot } from './places.mjs';
import { assertNodeVersion, setUp } from './set-up.mjs';
import { SetupError } from './setup-error.mjs';

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm passes Ctrl-C on to a process that has it from the terminal already: one press, two signals. */
const SAME_PRESS_MS = 500;

/**
 * Sets up, then returns. Ends the process if that fails.
 *
 * @param {object} [wanted]
 * @param {readonly import('./data.mjs').DataName[]} [wanted.data]
 * @param {boolean} [wanted.insist] see set-up.mjs
 * @param {string} [wanted.lastLine] for stdout, should set-up fail
 */
export async function setUpOrExit({ data = ['digits'], insist = false, lastLine } = {}) {
  return orExit(async (signal) => {
    assertNodeVersion(process.versions.node);
    const cache = cacheRoot(process.env);
    // The programs look for the cache by the same rule; a relative path would not survive a cd.
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
