// On real files and folders of a temporary one.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, writeNewFile } from '../../src/files/output-file.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a file is written with the folders above it, and over another only if told to', async () => {
  const file = path.join(folder, 'a', 'b', 'student.json');
  await writeNewFile(file, 'one', false);
  await expect(writeNewFile(file, 'two', false)).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    message: `${file} is there already; --force overwrites it`,
  });
  await writeNewFile(file, 'three', true);
  expect(await readFile(file, 'utf8')).toBe('three');
});

test('a folder where a file is wanted, and a file where a folder is wanted, are named', async () => {
  await mkdir(path.join(folder, 'taken'));
  await writeFile(path.join(folder, 'file'), '');
  const taken = path.join(folder, 'taken');
  const below = path.join(folder, 'file', 'student.json');
  await expect(writeNewFile(taken, 'x', true)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `cannot write ${taken}: it is a folder; name a file (EISDIR)`,
  });
  for (const overwrite of [true, false]) {
    await expect(writeNewFile(below, 'x', overwrite)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `cannot make the folder ${path.dirname(below)}: something else of that name is there; name another place, or remove it (EEXIST)`,
    });
  }
  await expect(makeFolder(below)).rejects.toThrow(
    `cannot make the folder ${below}: a part of this path is a file, where a folder is wanted; name a folder (ENOTDIR)`,
  );
});
