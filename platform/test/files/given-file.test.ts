/** Reads real files and devices. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readGivenFile, readGivenIfThere } from '../../src/files/given-file.js';
import { natsCredentialsIn } from '../../src/nats/nats-credentials.js';
import { readTlsIdentity } from '../../src/tls/tls-identity.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-given-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('readGivenFile reads a file up to its limit and refuses a longer one', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'four!');
  expect(readGivenFile(file, 5, 'NOT_FOUND').toString()).toBe('four!');
  const message = `${file} is longer than 4 bytes, the most that are read`;
  expect(() => readGivenFile(file, 4, 'NOT_FOUND')).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
  );
  expect(() => readGivenFile(file, 4, 'FAILED_PRECONDITION')).toThrow(
    expect.objectContaining({ code: 'FAILED_PRECONDITION', message }),
  );
});

test('a device without an end (/dev/zero) is refused at the byte limit', () => {
  symlinkSync('/dev/zero', join(folder, 'ca.crt'));
  expect(() => natsCredentialsIn('/dev/zero')).toThrow(
    'credentials for NATS: /dev/zero is longer than 65536 bytes, the most that are read',
  );
  expect(() => readTlsIdentity(folder, 0)).toThrow(
    `${join(folder, 'ca.crt')} is longer than 4194304 bytes, the most that are read; want ca.crt`,
  );
  expect(() => readGivenFile('/dev/zero', 2 ** 31, 'NOT_FOUND')).toThrow(
    '/dev/zero is longer than 16777216 bytes',
  );
});

test('readGivenIfThere returns undefined for a missing file and refuses a folder', () => {
  expect(readGivenIfThere(join(folder, 'none'), 5, 'NOT_FOUND')).toBeUndefined();
  expect(() => readGivenIfThere(folder, 5, 'FAILED_PRECONDITION')).toThrow(
    `${folder} cannot be read: it is a folder; name a file (EISDIR)`,
  );
});

test('readGivenFile reads a pipe to its end and refuses a pipe that holds more than its limit', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const write = (bytes: number) =>
    spawn('sh', ['-c', `head -c ${bytes} /dev/zero > ${pipe}`], { stdio: 'ignore' });
  write(300_000);
  expect(readGivenFile(pipe, 300_000, 'NOT_FOUND')).toEqual(Buffer.alloc(300_000));
  write(300_000);
  expect(() => readGivenFile(pipe, 299_999, 'NOT_FOUND')).toThrow('longer than 299999 bytes');
});
