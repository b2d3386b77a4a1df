/** On real files and devices. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readGivenFile } from '../../src/files/given-file.js';
import { natsCredentialsIn } from '../../src/nats/nats-credentials.js';
import { readTlsIdentity } from '../../src/tls/tls-identity.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-given-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file is read up to its limit', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'four!');
  expect(readGivenFile(file, 5, 'NOT_FOUND').toString()).toBe('four!');
  expect(() => readGivenFile(file, 4, 'NOT_FOUND')).toThrow(
    `${file} is longer than 4 bytes, the most that are read`,
  );
});

test('of a device without an end no more is read, whatever it should be', () => {
  symlinkSync('/dev/zero', join(folder, 'ca.crt'));
  expect(() => natsCredentialsIn('/dev/zero')).toThrow(
    'credentials for NATS: /dev/zero is longer than 65536 bytes, the most that are read',
  );
  expect(() => readTlsIdentity(folder, 0)).toThrow(
    `${join(folder, 'ca.crt')} is longer than 4194304 bytes, the most that are read; want ca.crt`,
  );
});
