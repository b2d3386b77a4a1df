// Errors that Node really throws, and the errors that users get for them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageFullError, toLyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { fileError, withPath } from '../../src/files/file-errors.js';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (err) {
    return err;
  }
}

test('toLyceumError reports a failed memory allocation as RESOURCE_EXHAUSTED', () => {
  const err = thrownBy(() => new ArrayBuffer(2 ** 52));
  expect(err).toBeInstanceOf(RangeError);
  expect(toLyceumError(err)).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    message: expect.stringMatching(
      /^there is not enough memory for what was asked \(.*\); ask for less/,
    ),
  });
});

test('toLyceumError reports a bug as INTERNAL, and fileError returns undefined for it', () => {
  expect(toLyceumError(thrownBy(() => new Float32Array(-1))).code).toBe('INTERNAL');
  expect(fileError('write', '/x', new Error('a bug'))).toBeUndefined();
});

test('withPath explains ENOENT and EISDIR in words, with the path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
  try {
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'file'), '');
    const none = join(folder, 'none', 'file');
    await expect(withPath('write', none, () => writeFileSync(none, ''))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `cannot write ${none}: there is no folder ${join(folder, 'none')} (ENOENT)`,
    });
    const taken = join(folder, 'full');
    await expect(withPath('write', taken, () => writeFileSync(taken, ''))).rejects.toThrow(
      `cannot write ${taken}: it is a folder; name a file (EISDIR)`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('fileError reports a full disk with the path and the bytes that were wanted', () => {
  const err = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  expect(fileError('write', '/data/a', err, 70_000)).toEqual(
    new StorageFullError(
      'cannot write /data/a: no space left on device (ENOSPC); 70000 bytes were wanted; make room, or name another place',
    ),
  );
});

test.each([
  ['EROFS', 'it is on a read-only file system; name a place that can be written'],
  ['EIO', 'its disk fails (input/output error)'],
])('fileError reports %s as StorageFullError, like a full disk', (code, why) => {
  const err = Object.assign(new Error(`${code}: open`), { code, syscall: 'open' });
  expect(fileError('write', '/data/a', err, 70_000)).toEqual(
    new StorageFullError(`cannot write /data/a: ${why} (${code})`),
  );
});

test.each([
  ['of bytes', 1e18, /; 1000000000000000000 bytes were wanted, and \d+ are free; make room/],
  [
    'of something else',
    1,
    /; 1 bytes were wanted, and \d+ are free: there may be no more files \(inodes\), or .* a share; make room/,
  ],
])('fileError names the free bytes of a disk that is short %s', (_, wantedBytes, message) => {
  const err = Object.assign(new Error('ENOSPC: no space left on device, open'), {
    code: 'ENOSPC',
    syscall: 'open',
  });
  expect(fileError('write', join(tmpdir(), 'a'), err, wantedBytes)?.message).toMatch(message);
});
