// A temporary folder with one file in it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readIfThere } from '../../src/files/read-if-there.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-read-'));
});

afterAll(() => rm(folder, { recursive: true }));

it('readIfThere returns the bytes of a file, undefined without a file, and throws for a folder', async () => {
  const file = join(folder, 'file');
  expect(await readIfThere(file)).toBeUndefined();
  await writeFile(file, 'text');
  expect((await readIfThere(file))?.toString()).toBe('text');
  await expect(readIfThere(folder)).rejects.toThrow('EISDIR');
});
