/**
 * Files that a person names. A pipe can be read too, such as a shell's `<(command)`. Of a device, such as a terminal,
 * only a little is read: `/dev/zero` has no end.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type ErrorCode, LyceumError } from '@lyceum/proto';
import { errnoOf, fileTrouble } from './file-errors.js';

/** First read of a file that reports no size, such as a pipe. */
const FIRST_BYTES = 64 * 1024;

const DEVICE_MAX_BYTES = 16 * 1024 ** 2;

/** The system reads less than 2 GiB at a time. */
const READ_MAX_BYTES = 1024 ** 3;

/**
 * @param code - of the error if the file cannot be read.
 * @param shown - the file's name in errors.
 * @throws {LyceumError} `code`; a file that is too long gives INVALID_ARGUMENT where `code` is NOT_FOUND.
 */
export function readGivenFile(
  file: string,
  maxBytes: number,
  code: ErrorCode,
  shown = file,
): Buffer {
  let bytes: Buffer | undefined;
  let most = maxBytes;
  try {
    const fd = openSync(file, 'r');
    try {
      const found = fstatSync(fd);
      if (!found.isFile() && !found.isFIFO()) most = Math.min(maxBytes, DEVICE_MAX_BYTES);
      bytes = readUpTo(fd, found.size, most);
    } finally {
      closeSync(fd);
    }
  } catch (err) {
    const why = fileTrouble(file, err) ?? (err instanceof Error ? err.message : String(err));
    throw new LyceumError(code, `${shown} cannot be read: ${why}`, { cause: err });
  }
  if (bytes !== undefined) return bytes;
  const message = `${shown} is longer than ${most} bytes, the most that are read`;
  throw new LyceumError(code === 'NOT_FOUND' ? 'INVALID_ARGUMENT' : code, message);
}

/** As {@link readGivenFile}; undefined: there is no such file. */
export function readGivenIfThere(
  ...[file, maxBytes, code, shown]: Parameters<typeof readGivenFile>
): Buffer | undefined {
  try {
    return readGivenFile(file, maxBytes, code, shown);
  } catch (err) {
    if (err instanceof LyceumError && errnoOf(err.cause) === 'ENOENT') return undefined;
    throw err;
  }
}

/** Takes no more memory than the file has bytes. @returns undefined: there are more than `maxBytes`. */
function readUpTo(fd: number, size: number, maxBytes: number): Buffer | undefined {
  const sized = Math.max(size, FIRST_BYTES);
  // Room for one byte more: reading it shows that the file is longer.
  let buffer = Buffer.allocUnsafe(Math.min(sized, maxBytes) + 1);
  for (let count = 0; ; ) {
    const length = Math.min(buffer.length - count, READ_MAX_BYTES);
    const read = readSync(fd, buffer, { offset: count, length });
    if (read === 0) return buffer.subarray(0, count);
    count += read;
    if (count > maxBytes) return undefined;
    if (count < buffer.length) continue;
    const more = Buffer.allocUnsafe(Math.min(2 * count, maxBytes + 1));
    buffer.copy(more);
    buffer = more;
  }
}
