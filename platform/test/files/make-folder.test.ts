// Real folders in a temporary one, and /proc, where nobody can make a folder.
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../src/files/index.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('makeFolder makes missing parents, allows simultaneous calls and accepts an existing folder', async () => {
  const below = join(folder, 'a', 'b', 'c');
  await Promise.all([1, 2, 3].map(() => makeFolder(below, { mode: 0o700 })));
  // Each call may find a folder that another call makes at that moment.
  for (let n = 0; n < 100; n++) {
    const deep = join(folder, `${n}`, 'a', 'b', 'c', 'd');
    await Promise.all([1, 2, 3, 4].map(() => makeFolder(deep)));
  }
  await makeFolder(below);
  for (const made of [below, join(folder, 'a')]) {
    const { mode } = await stat(made);
    expect((mode & 0o777).toString(8)).toBe('700');
  }
});

test('makeFolder reports a file or a broken link that is in the way', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await symlink(join(folder, 'nowhere'), join(folder, 'link'));
  await expect(makeFolder(file)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `cannot make the folder ${file}: something else of that name is there; name another place, or remove it (EEXIST)`,
  });
  await expect(makeFolder(join(file, 'a', 'b'), { task: 'use' })).rejects.toThrow(
    `cannot use ${file}/a/b: a part of this path is a file, where a folder is wanted; name a folder (ENOTDIR)`,
  );
  await expect(makeFolder(join(folder, 'link', 'a'))).rejects.toThrow(
    `cannot make the folder ${folder}/link/a: something else of that name is there;`,
  );
});

test.runIf(process.platform === 'linux')('makeFolder refuses a folder below /proc', async () => {
  await expect(makeFolder('/proc/none/below')).rejects.toThrow(
    'cannot make the folder /proc/none/below: there is no folder /proc/none (ENOENT)',
  );
});
