/**
 * Files that a person names. A pipe is read too, as a shell's `<(command)` is one. Of a device no more is read than a file
 * may have: `/dev/zero` has no end.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { type ErrorCode, LyceumError } from '@lyceum/proto';
import { fileTrouble } from './file-errors.js';

const READ_BYTES = 1024 ** 2;

/**
 * @param code - if it cannot be read.
 * @param shown - what errors call it.
 * @throws {LyceumError} that; INVALID_ARGUMENT if it is longer.
 */
export function readGivenFile(
  file: string,
  maxBytes: number,
  code: ErrorCode,
  shown = file,
): Buffer {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  try {
    const fd = openSync(file, 'r');
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(READ_BYTES);
        const count = readSync(fd, chunk);
        if (count === 0) return Buffer.concat(chunks, byteCount);
        byteCount += count;
        if (byteCount > maxBytes) break;
        chunks.push(chunk.subarray(0, count));
      }
    } finally {
      closeSync(fd);
    }
  } catch (err) {
    const why = fileTrouble(file, err) ?? (err instanceof Error ? err.message : String(err));
    throw new LyceumError(code, `${shown} cannot be read: ${why}`, { cause: err });
  }
  const message = `${shown} is longer than ${maxBytes} bytes, the most that are read`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
