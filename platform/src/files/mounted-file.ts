/**
 * Data sets on volumes that the operator mounts. The user who submits a run names a path, so nothing but regular files
 * below the operator's folder is opened, and an error does not tell what is there.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { cut, LyceumError } from '@lyceum/proto';

const READ_BYTES = 1024 * 1024;

const PATH_SHOWN_LETTERS = 256;

/** Does not follow a link that took the file's place meanwhile, and does not wait for the other end of a pipe. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Checks a mounted file, from its first byte to its last.
 *
 * @param root - the folder that the file must be in, after links are followed; undefined: there is none.
 * @param digest - SHA-256 that the file must have, hex.
 * @param signal - ends the reading.
 * @returns the file's path, links followed.
 * @throws {LyceumError} INVALID_ARGUMENT if there is no root; NOT_FOUND if there is no such file, without saying what
 *   is in its place; CANCELLED.
 */
export async function mountedFile(
  root: string | undefined,
  path: string,
  digest: string,
  signal: AbortSignal,
): Promise<string> {
  if (root === undefined) {
    const message =
      'data sets by path are not allowed here: the operator of the cluster must give coordinator and workers --datasets-root FOLDER (LYCEUM_DATASETS_ROOT), the folder that has them';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const real = await realPathBelow(root, path);
  const found = real === undefined ? undefined : await digestOfRegularFile(real, signal);
  if (real !== undefined && found === digest) return real;
  const message = `there is no data set of SHA-256 ${digest} at ${cut(path, PATH_SHOWN_LETTERS)} below the datasets root`;
  throw new LyceumError('NOT_FOUND', message);
}

/** Looks at nothing outside the root, except the target of a link below it. */
async function realPathBelow(root: string, path: string): Promise<string | undefined> {
  try {
    const realRoot = await realpath(root);
    const below = [resolve(root), realRoot].some((folder) => isBelow(folder, resolve(path)));
    if (!below || path.includes('\0')) return undefined;
    const real = await realpath(path);
    return isBelow(realRoot, real) ? real : undefined;
  } catch {
    return undefined;
  }
}

/** Compares paths as text; links are not followed. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Undefined: not a regular file, or it cannot be read. */
async function digestOfRegularFile(path: string, signal: AbortSignal): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, OPEN_FLAGS);
    if (!(await file.stat()).isFile()) return undefined;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read({ buffer });
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } catch (err) {
    if (signal.aborted)
      throw new LyceumError('CANCELLED', 'nobody waits for the file', { cause: err });
    return undefined;
  } finally {
    await file?.close();
  }
}
