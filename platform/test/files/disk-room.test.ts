// A real disk (tmpfs) that takes four files. Mounting it needs root; without root the test is skipped.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageFullError } from '@lyceum/proto';
import { afterAll, expect, test } from 'vitest';
import { hasNoMoreFiles, makeFolder, requireRoom } from '../../src/files/index.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-inodes-'));
const isMounted = mounted();
afterAll(() => {
  if (isMounted) execFileSync('umount', ['-l', folder]);
  rmdirSync(folder);
});

function mounted(): boolean {
  try {
    const options = ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=4', 'tmpfs', folder];
    execFileSync('mount', options, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.runIf(isMounted)('requireRoom and makeFolder report a disk without free inodes', async () => {
  requireRoom(folder, 1, 'run a');
  expect(hasNoMoreFiles(folder)).toBe(false);
  mkdirSync(join(folder, 'a'));
  for (const name of ['b', 'c']) writeFileSync(join(folder, name), '');
  expect(hasNoMoreFiles(folder)).toBe(true);
  expect(() => requireRoom(folder, 1, 'run a')).toThrow(
    new StorageFullError(
      `no space left on device for run a: the disk of ${folder} takes no more files (inodes); remove some there`,
    ),
  );
  await expect(makeFolder(join(folder, 'a', 'b', 'c'))).rejects.toThrow(
    `cannot make the folder ${folder}/a/b/c: no space left on device (ENOSPC); its disk takes no more files (inodes); make room, or name another place`,
  );
});
