import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { say } from './progress.mjs';

/**
 * Runs `work` as the only set-up that changes this checkout's node_modules and build.
 *
 * @template T
 * @param {string} checkout
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 */
export async function holdingCheckout(checkout, signal, work) {
  const lock = join(checkout, 'setup/.lock');
  return withLock(lock, { signal, onWait: (text) => say('checkout', text) }, work);
}
