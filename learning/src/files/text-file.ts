/** Reads a text file that a user names. */
import { readGivenFile } from '@lyceum/platform';
import type { ErrorCode } from '@lyceum/proto';
import { utf8Text } from './utf8.js';

/** Longer than any settings, description or list of names. */
const TEXT_MAX_BYTES = 16 * 1024 ** 2;

/**
 * @param code - code of the error if the file cannot be read.
 * @param shown - the file's name in errors.
 * @throws {LyceumError} with `code`; INVALID_ARGUMENT if the file is too long or not UTF-8.
 */
export function readTextFile(file: string, code: ErrorCode, shown = file): string {
  return utf8Text(readGivenFile(file, TEXT_MAX_BYTES, code, shown), shown);
}
