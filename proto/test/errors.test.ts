import { expect, test } from 'vitest';
import { StorageFullError, toLyceumError } from '../src/errors.js';

test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])(
  'toLyceumError reports %s as StorageFullError',
  (code) => {
    const err = toLyceumError(Object.assign(new Error(`${code}: write`), { code }));
    expect(err).toBeInstanceOf(StorageFullError);
    expect(err.message).toBe(`${code}: write`);
  },
);

test.each([
  "EMFILE: too many open files, open '/data/a'",
  'connect EMFILE 10.0.0.7:443 - Local (undefined:undefined)',
])('toLyceumError reports the limit of open files as retryable, with a hint: %s', (message) => {
  const err = toLyceumError(new Error(message));
  expect(err).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(err.message).toMatch(
    /has reached its limit of open files and connections \(.*EMFILE.*\); raise/,
  );
});

test('toLyceumError reports an unknown error as INTERNAL', () => {
  const err = toLyceumError(Object.assign(new Error('EBADF: write'), { code: 'EBADF' }));
  expect(err).not.toBeInstanceOf(StorageFullError);
  expect(err.code).toBe('INTERNAL');
});
