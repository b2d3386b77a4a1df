/** Text that a user has written. */
import { readGivenFile } from '@lyceum/platform';
import type { ErrorCode } from '@lyceum/proto';
import { utf8Text } from './utf8.js';

/** More than any settings, descriptions and lists of names have. */
const TEXT_MAX_BYTES = 16 * 1024 ** 2;

/**
 * @param code - if it cannot be read.
 * @param shown - what errors call it.
 * @throws {LyceumError} that; INVALID_ARGUMENT if it is longer or not UTF-8.
 */
export function readTextFile(file: string, code: ErrorCode, shown = file): string {
  return utf8Text(readGivenFile(file, TEXT_MAX_BYTES, code, shown), shown);
}
