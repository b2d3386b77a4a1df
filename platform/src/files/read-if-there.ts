import { readFile } from 'node:fs/promises';

/** The file's bytes; undefined: there is no such file. @throws {Error} if it cannot be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined;
    throw err;
  }
}
