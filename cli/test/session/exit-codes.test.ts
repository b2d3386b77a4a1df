/** What the command line says of an error, and its exit code. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { CommandExit, exitOf } from '../../src/session/exit-codes.js';

test('exitOf lists every problem of a document', () => {
  const error = new InvalidDocumentError('a.yaml', [
    { path: 'spec.x', message: 'is wrong' },
    { path: 'spec.y', message: 'is wrong too' },
  ]);
  expect(exitOf(error).text).toBe(
    'error: a.yaml cannot be used:\n  - spec.x: is wrong\n  - spec.y: is wrong too',
  );
});

test('exitOf shows the stack of an unexpected error', () => {
  const { exitCode, text } = exitOf(new TypeError('no such thing'));
  expect(exitCode).toBe(1);
  expect(text).toContain('TypeError: no such thing');
  expect(text).toContain('exit-codes.test');
});

test('exitOf shows no stack for an internal error of the coordinator', () => {
  // The cause of calls is an error, that of streams a plain object.
  for (const status of [
    Object.assign(new Error('13 INTERNAL'), { details: 'x' }),
    { details: 'x' },
  ]) {
    const error = new LyceumError('INTERNAL', 'internal error', { cause: status });
    expect(exitOf(error)).toEqual({
      exitCode: 1,
      text: 'error: the coordinator failed: internal error; its log says more',
    });
  }
});

test('exitOf shows no stack for an incomplete answer of the coordinator', () => {
  const error = new LyceumError('INTERNAL', 'the coordinator answered without a value');
  expect(exitOf(error).text).toBe('error: the coordinator answered without a value');
});

test('exitOf puts a file error of the operating system into words, with exit code 2', () => {
  let thrown: unknown;
  try {
    readFileSync('/no/such/file');
  } catch (err) {
    thrown = err;
  }
  expect(exitOf(thrown)).toEqual({
    exitCode: 2,
    text: 'error: cannot open /no/such/file: there is no folder /no/such (ENOENT)',
  });
});

test('exitOf names the possible places of a full disk if the path is unknown', () => {
  const full = { code: 'ENOSPC', syscall: 'write' };
  const { exitCode, text } = exitOf(Object.assign(new Error('ENOSPC: write'), full));
  expect(exitCode).toBe(2);
  expect(text).toBe(
    `error: no space left on device (ENOSPC): make room where files were to be written, or for temporary ones in ${tmpdir()} (TMPDIR names another folder)`,
  );
});

test('exitOf prints nothing for CommandExit', () => {
  expect(exitOf(new CommandExit(130))).toEqual({ exitCode: 130, text: '' });
});
