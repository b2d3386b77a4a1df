/**
 * Reads files of a folder that came from elsewhere. Links are followed only if they stay inside the folder: a
 * downloaded model must not take the user's other files along.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileTrouble } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

/**
 * @param name - path of the file in the folder, with slashes.
 * @throws {LyceumError} NOT_FOUND if there is no such file; INVALID_ARGUMENT if it lies outside of the folder, is no
 *   plain file, or is too large.
 */
export function readFolderFile(folder: string, name: string, maxBytes: number): Buffer {
  const path = join(folder, name);
  if (isAbsolute(name)) throw outside(name, name);
  if (leavesOut(folder, path)) throw outside(path, path);
  const real = realPath(path);
  if (leavesOut(realPath(folder), real)) throw outside(path, real);
  return readPlainFile(real, maxBytes, path);
}

function leavesOut(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
}

function outside(path: string, real: string): LyceumError {
  const message = `${path} lies outside the model's folder, at ${real}. If it is meant, copy the folder with what its links lead to (cp -rL), and use the copy`;
  return new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * A file that the user names. Links may lead anywhere.
 *
 * @param shown - the file's name in errors.
 * @throws {LyceumError} as {@link readFolderFile}, wherever it lies.
 */
export function readPlainFile(path: string, maxBytes: number, shown = path): Buffer {
  // Reading a named pipe would wait for its writer.
  const file = openFile(path, shown);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) {
      const kind = found.isDirectory() ? 'a folder' : 'a pipe or device';
      throw new LyceumError('INVALID_ARGUMENT', `${shown}: is ${kind}, and no file`);
    }
    if (found.size > maxBytes) {
      const message = `${shown}: has ${found.size} bytes; at most ${maxBytes} are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const bytes = Buffer.allocUnsafe(found.size);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(file, bytes, at, Math.min(bytes.length - at, READ_BYTES), at);
      if (count === 0)
        throw new LyceumError('INVALID_ARGUMENT', `${shown}: was cut while it was read`);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The system reads no more than 2 GiB at once. */
const READ_BYTES = 1024 ** 3;

function openFile(path: string, shown: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (err) {
    throw unreadable(shown, err);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (err) {
    throw unreadable(path, err);
  }
}

function unreadable(path: string, err: unknown): LyceumError {
  const missing = err instanceof Error && 'code' in err && err.code === 'ENOENT';
  if (missing) return new LyceumError('NOT_FOUND', `${path}: no such file`);
  const why = fileTrouble(path, err) ?? (err instanceof Error ? err.message : String(err));
  const message = `${path} cannot be read: ${why}`;
  return new LyceumError('INVALID_ARGUMENT', message, { cause: err });
}
