import { expect, test } from 'vitest';
import { StorageFullError, toLyceumError } from '../src/errors.js';

test.each(['ENOSPC', 'EDQUOT', 'EROFS'])(
  '%s is of a disk that takes nothing: a person puts it right',
  (code) => {
    const err = toLyceumError(Object.assign(new Error(`${code}: write`), { code }));
    expect(err).toBeInstanceOf(StorageFullError);
    expect(err.message).toBe(`${code}: write`);
  },
);

test('what is not known is INTERNAL', () => {
  const err = toLyceumError(Object.assign(new Error('EBADF: write'), { code: 'EBADF' }));
  expect(err).not.toBeInstanceOf(StorageFullError);
  expect(err.code).toBe('INTERNAL');
});
