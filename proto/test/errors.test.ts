import { expect, test } from 'vitest';
import { StorageFullError, toLyceumError } from '../src/errors.js';

test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])(
  '%s is of a disk that takes nothing: a person puts it right',
  (code) => {
    const err = toLyceumError(Object.assign(new Error(`${code}: write`), { code }));
    expect(err).toBeInstanceOf(StorageFullError);
    expect(err.message).toBe(`${code}: write`);
  },
);

test.each([
  "EMFILE: too many open files, open '/data/a'",
  'connect EMFILE 10.0.0.7:443 - Local (undefined:undefined)',
])('%s is the limit of the process: it passes, and says what to raise', (message) => {
  const err = toLyceumError(new Error(message));
  expect(err).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(err.message).toMatch(/as many files and connections open as it may \(.*EMFILE.*\); raise/);
});

test('what is not known is INTERNAL', () => {
  const err = toLyceumError(Object.assign(new Error('EBADF: write'), { code: 'EBADF' }));
  expect(err).not.toBeInstanceOf(StorageFullError);
  expect(err.code).toBe('INTERNAL');
});
