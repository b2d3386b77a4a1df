/** Files that a source names. Only plain files inside the source's own folder are read. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { IMAGE_FILE_MAX_BYTES } from '../../pictures/index.js';

/**
 * @param root - the folder's real path.
 * @param path - of the file, relative to the folder; links are followed if they stay inside.
 * @throws {SampleRefusedError} if the file is outside, no plain file or too large.
 */
export async function readWithin(root: string, path: string): Promise<Buffer> {
  const real = isAbsolute(path) ? path : await realPath(root, path);
  const inside = relative(root, real);
  if (isAbsolute(path) || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    const message = `"${path}" leads out of the folder; want a file inside it, by its path from ${root} on`;
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

async function realPath(root: string, path: string): Promise<string> {
  try {
    return await realpath(join(root, path));
  } catch (err) {
    const missing = err instanceof Error && 'code' in err && err.code === 'ENOENT';
    // Programs on Windows write backslashes.
    if (missing && path.includes('\\')) return realPath(root, path.replaceAll('\\', '/'));
    if (missing) {
      const message = `no such file: "${path}"; want its name with the ending, by its path from ${root} on`;
      throw new SampleRefusedError('no such file', message);
    }
    throw new SampleRefusedError('unreadable file', String(err));
  }
}
