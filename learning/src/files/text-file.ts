/** Text that a user has written. */
import { readFileSync } from 'node:fs';
import { type ErrorCode, LyceumError } from '@lyceum/proto';
import { utf8Text } from './utf8.js';

/**
 * @param code - if it cannot be read.
 * @throws {LyceumError} that; INVALID_ARGUMENT if it is not UTF-8.
 */
export function readTextFile(file: string, code: ErrorCode): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (err) {
    const message = `${file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError(code, message, { cause: err });
  }
  return utf8Text(bytes, file);
}
