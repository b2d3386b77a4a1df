import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf, withPath } from './file-errors.js';

/**
 * Makes a folder, and the folders above it, where they are missing. Node's `mkdir` with `recursive` reports a
 * read-only disk as a missing folder, and never ends in a current folder that was deleted, or in /proc.
 *
 * @param a.task - what errors say could not be done to the folder.
 * @param a.mode - of each folder that is made.
 * @throws {LyceumError} saying why the folder cannot be made.
 */
export async function makeFolder(
  folder: string,
  a: { readonly task?: string; readonly mode?: number } = {},
): Promise<void> {
  const { task = 'make the folder', mode } = a;
  const wanted = resolve(folder);
  await withPath(task, folder, () => make(wanted, mode));
}

async function make(folder: string, mode: number | undefined): Promise<void> {
  try {
    await makeOne(folder, mode);
  } catch (err) {
    if (errnoOf(err) !== 'ENOENT') throw err;
    // Makes the parent first. If another program does so at the same time, that is no error.
    await make(dirname(folder), mode);
    await makeOne(folder, mode);
  }
}

async function makeOne(folder: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (err) {
    if (!(await isFolder(folder))) throw err;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
