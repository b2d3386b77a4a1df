/** Errors of the operating system about a file, in words: what is wrong, where, and what would be right. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { availableBytes, hasNoMoreFiles } from './disk-room.js';

/** By Node's error code; other codes are shown by their number, which errno(3) explains. */
const WHY: Readonly<Record<string, (path: string) => string>> = {
  EACCES: () =>
    `this user (uid ${process.getuid?.() ?? '?'}) is not allowed to; name another place, or allow it`,
  EPERM: () =>
    `this user (uid ${process.getuid?.() ?? '?'}) is not allowed to; name another place, or allow it`,
  EROFS: () => 'it is on a read-only file system; name a place that can be written',
  ENOENT: (path) => {
    const folder = dirname(path);
    return existsSync(folder) ? 'it does not exist' : `there is no folder ${folder}`;
  },
  EISDIR: () => 'it is a folder; name a file',
  ENOTDIR: () => 'a part of this path is a file, where a folder is wanted; name a folder',
  EEXIST: () => 'something else of that name is there; name another place, or remove it',
  ENOTEMPTY: () => 'it is a folder that is not empty; name another place, or empty it',
  ENAMETOOLONG: () => 'its name is too long; choose a shorter one',
  ELOOP: () => 'it is a symbolic link that leads to itself',
  ENXIO: () => 'it is a socket, or a device that is not there; name a file',
  EMFILE: () => 'this process has too many files open; raise the limit (ulimit -n)',
  ENFILE: () => 'this machine has too many files open',
  EIO: () => 'its disk fails (input/output error)',
};

/** Codes of a full disk, or of a user's full share of it. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Codes of a disk that takes no write, however much room it has. */
const FAILING = new Set(['EIO', 'EROFS']);

/**
 * @param task - what was to be done to the file, such as `write`.
 * @param wantedBytes - how much room was wanted, where that is known.
 * @returns a {@link StorageFullError} if the disk is full, read-only or failing; INVALID_ARGUMENT if another path or a
 *   permission would help; undefined for any other error, which is a bug.
 */
export function fileError(
  task: string,
  path: string,
  thrown: unknown,
  wantedBytes?: number,
): LyceumError | undefined {
  const code = errnoOf(thrown);
  if (code === undefined) return undefined;
  const head = `cannot ${task} ${path}`;
  if (FULL.has(code)) {
    const folder = dirname(path);
    const wanted =
      wantedBytes === undefined
        ? filesText(folder)
        : `; ${wantedBytes} bytes were wanted${freeText(folder, wantedBytes)}`;
    const message = `${head}: no space left on device (${code})${wanted}; make room, or name another place`;
    return new StorageFullError(message, { cause: thrown });
  }
  const why = fileTrouble(path, thrown);
  if (why === undefined) return undefined;
  const message = `${head}: ${why}`;
  if (FAILING.has(code)) return new StorageFullError(message, { cause: thrown });
  return new LyceumError('INVALID_ARGUMENT', message, { cause: thrown });
}

/** Says if the disk takes no more files. If `folder` is not there, looks at the nearest folder above. */
function filesText(folder: string): string {
  try {
    return hasNoMoreFiles(folder) ? '; its disk takes no more files (inodes)' : '';
  } catch {
    const above = dirname(folder);
    return above === folder ? '' : filesText(above);
  }
}

/** How much room the disk of the folder has; empty if it cannot be read. */
function freeText(folder: string, wantedBytes: number): string {
  try {
    const free = availableBytes(folder);
    const other = 'there may be no more files (inodes), or this user has used up a share';
    return `, and ${free} are free${free < wantedBytes ? '' : `: ${other}`}`;
  } catch {
    return '';
  }
}

/** Why the path cannot be used, `it is a folder; name a file (EISDIR)`; undefined: the path is not at fault. */
export function fileTrouble(path: string, thrown: unknown): string | undefined {
  const code = errnoOf(thrown) ?? '';
  const why = WHY[code];
  return why && `${why(path)} (${code})`;
}

/** Runs `work`. Errors about the path are thrown in words, with the path. @throws {LyceumError} */
export async function withPath<T>(
  task: string,
  path: string,
  work: () => T | Promise<T>,
  wantedBytes?: number,
): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw fileError(task, path, err, wantedBytes) ?? err;
  }
}

/**
 * Runs `work`. Says with the path that the disk is full, read-only or failing. Other errors are thrown unchanged,
 * since the user did not choose that path.
 *
 * @throws {StorageFullError}
 */
export async function withRoom<T>(
  path: string,
  work: () => Promise<T>,
  wantedBytes?: number,
): Promise<T> {
  try {
    return await work();
  } catch (err) {
    const told = fileError('write', path, err, wantedBytes);
    throw told instanceof StorageFullError ? told : err;
  }
}

/** Node's code of a failed call to the operating system, such as `ENOSPC`. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && 'code' in thrown && 'syscall' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
