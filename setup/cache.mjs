/**
 * The cache: files that set-up fetched or built. A file is complete or not there.
 *
 * Everything is made in a scratch folder inside the cache (same file system) and renamed into place. Only the holder
 * of the cache's lock has scratch folders, so the holder may remove those that a killed set-up left.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ToolError } from './child.mjs';
import { withLock } from './lock.mjs';
import { megabytes, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Runs `work` as the only set-up that changes this cache.
 *
 * @template T
 * @param {string} cache
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {SetupError} if the cache cannot be written
 */
export async function holdingCache(cache, signal, work) {
  try {
    mkdirSync(cache, { recursive: true });
    const lock = join(cache, 'lock');
    return await withLock(lock, { signal, onWait: (text) => say('cache', text) }, async () => {
      const scratch = join(cache, 'scratch');
      rmSync(scratch, { recursive: true, force: true });
      try {
        return await work();
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });
  } catch (error) {
    throw explainedStorageError(error, cache);
  }
}

/**
 * Makes `target` in one go: `make` fills a scratch folder and returns the path to rename. An earlier `target` is
 * replaced.
 *
 * @param {{ cache: string, target: string, needsBytes: number }} what
 * @param {(scratch: string) => Promise<string>} make
 */
export async function install({ cache, target, needsBytes }, make) {
  const scratch = join(cache, 'scratch', randomUUID());
  try {
    mkdirSync(scratch, { recursive: true });
    const { bavail, bsize } = statfsSync(scratch);
    if (bavail * bsize < needsBytes) {
      throw new SetupError(
        `the disk of the cache ${cache} has ${megabytes(bavail * bsize)} left, ${megabytes(needsBytes)} are needed`,
        { remedy: `free some space, or ${OTHER_FOLDER}` },
      );
    }
    const made = await make(scratch);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) renameSync(target, join(scratch, 'replaced'));
    renameSync(made, target);
  } catch (error) {
    throw explainedStorageError(error, cache);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @param {'sha256' | 'sha512'} algorithm
 * @param {'hex' | 'base64'} encoding
 */
export async function digest(file, algorithm, encoding) {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest(encoding);
}

/**
 * @param {string} what
 * @param {{ want: string, got: string }} checksums
 */
export function checksumError(what, { want, got }) {
  return new SetupError(`${what} has the wrong checksum:\n    want ${want}\n    got  ${got}`, {
    remedy:
      'the file differs from the tested one and was deleted: check its source ' +
      '(a mirror, a proxy, a damaged download), then set up again. Pins are in setup/pins.mjs',
  });
}

const OTHER_FOLDER = 'let the environment variable LYCEUM_CACHE name a folder that can be written';

const STORAGE_CODES = new Map([
  ['ENOSPC', 'its disk is full'],
  ['EDQUOT', 'its disk quota is used up'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is not a folder'],
]);

/**
 * Turns an error of the disk into an error that names the cache and the reason; leaves every other error as it is.
 * @param {unknown} error
 * @param {string} cache
 */
function explainedStorageError(error, cache) {
  // Tools report a full disk in words only.
  const fullDisk = error instanceof ToolError && /No space left|ENOSPC/.test(error.output);
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const storageCode = fullDisk ? 'ENOSPC' : code;
  const reason = STORAGE_CODES.get(storageCode);
  if (reason === undefined) return error;
  const lacksRoom = storageCode === 'ENOSPC' || storageCode === 'EDQUOT';
  return new SetupError(`the cache ${cache} cannot be written: ${reason}`, {
    remedy: lacksRoom ? `free some space, or ${OTHER_FOLDER}` : OTHER_FOLDER,
    cause: error,
  });
}
