/** What the operating system says of a file, in words: what is wrong, where, and what would be right. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { availableBytes, hasNoMoreFiles } from './disk-room.js';

/** By Node's code. Numbers of other codes are in errno(3). */
const WHY: Readonly<Record<string, (path: string) => string>> = {
  EACCES: () =>
    `this user (uid ${process.getuid?.() ?? '?'}) may not; name another place, or allow it`,
  EPERM: () =>
    `this user (uid ${process.getuid?.() ?? '?'}) may not; name another place, or allow it`,
  EROFS: () => 'it is on a read-only file system; name a place that can be written',
  ENOENT: (path) => {
    const folder = dirname(path);
    return existsSync(folder) ? 'it is not there' : `there is no folder ${folder}`;
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

/** Codes of a disk that takes nothing, whatever room it has. */
const FAILING = new Set(['EIO', 'EROFS']);

/**
 * @param task - what was to be done to it, `write` for one.
 * @param wantedBytes - how much room was wanted, where that is known.
 * @returns a {@link StorageFullError} of a disk that is full, read-only or fails, INVALID_ARGUMENT of what another path or a
 *   permission would put right; undefined of anything else, which is a bug.
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

/** Of a folder, or of what is to be above it. */
function filesText(folder: string): string {
  try {
    return hasNoMoreFiles(folder) ? '; its disk takes no more files (inodes)' : '';
  } catch {
    const above = dirname(folder);
    return above === folder ? '' : filesText(above);
  }
}

/** What the disk of the folder has, if that can be told. */
function freeText(folder: string, wantedBytes: number): string {
  try {
    const free = availableBytes(folder);
    const other = 'there may be no more files (inodes), or this user has used up a share';
    return `, and ${free} are free${free < wantedBytes ? '' : `: ${other}`}`;
  } catch {
    return '';
  }
}

/** Why the path cannot be used, `it is a folder; name a file (EISDIR)`; undefined of anything but the path's own fault. */
export function fileTrouble(path: string, thrown: unknown): string | undefined {
  const code = errnoOf(thrown) ?? '';
  const why = WHY[code];
  return why && `${why(path)} (${code})`;
}

/** The work's result; what the operating system has against the path is thrown in words. @throws {LyceumError} */
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
 * The work's result. That the disk is full, read-only or failing is told with the path. All else is thrown as it is,
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

/** Node's code of a failed call to the operating system, `ENOSPC` for one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && 'code' in thrown && 'syscall' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
