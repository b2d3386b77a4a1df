import { readFile } from 'node:fs/promises';
import { errnoOf } from './file-errors.js';

/** The file's bytes; undefined: there is no such file. @throws {Error} if it cannot be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return undefined;
    throw err;
  }
}
