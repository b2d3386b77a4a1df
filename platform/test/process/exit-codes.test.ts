/** The exit codes of all programs, against the table in `docs/commands.md`. */
import { LyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/process/index.js';

test.each([
  ['INVALID_ARGUMENT', 2],
  ['RESOURCE_EXHAUSTED', 2],
  ['NOT_FOUND', 3],
  ['UNAVAILABLE', 4],
  ['DEADLINE_EXCEEDED', 4],
  ['PERMISSION_DENIED', 5],
  ['ALREADY_EXISTS', 6],
  ['ABORTED', 6],
  ['FAILED_PRECONDITION', 6],
  ['CANCELLED', 130],
  ['INTERNAL', 1],
] as const)('%s exits with %d', (code, exitCode) => {
  expect(exitCodeOf(new LyceumError(code, 'why'))).toBe(exitCode);
});

test('an error that nobody raised on purpose exits with 1', () => {
  expect(exitCodeOf(new TypeError('no such thing'))).toBe(1);
});
