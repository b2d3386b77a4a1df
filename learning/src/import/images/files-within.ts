/** Files that a source names: only plain ones, and only inside its own folder. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { IMAGE_FILE_MAX_BYTES } from '../../pictures/index.js';

/**
 * @param root - the folder, as `realpath` gives it.
 * @param path - of a file in it, relative to it; links are followed if they stay inside.
 * @throws {SampleRefusedError} if it is outside, no plain file or too large.
 */
export async function readWithin(root: string, path: string): Promise<Buffer> {
  const real = isAbsolute(path) ? path : await realPath(join(root, path));
  const inside = relative(root, real);
  if (isAbsolute(path) || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    const message = 'leads out of the folder; want a file inside it';
    throw new SampleRefusedError('outside the folder', message);
  }
  const found = await stat(real);
  if (!found.isFile()) throw new SampleRefusedError('not a plain file');
  if (found.size > IMAGE_FILE_MAX_BYTES) {
    const message = `has ${found.size} bytes; at most ${IMAGE_FILE_MAX_BYTES} are read`;
    throw new SampleRefusedError('too large a file', message);
  }
  try {
    return await readFile(real);
  } catch (err) {
    throw new SampleRefusedError(
      'unreadable file',
      err instanceof Error ? err.message : String(err),
    );
  }
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (err) {
    const missing = err instanceof Error && 'code' in err && err.code === 'ENOENT';
    if (missing) throw new SampleRefusedError('no such file');
    throw new SampleRefusedError('unreadable file', String(err));
  }
}
