/** Writes files that a user asked for, never over one that is there unless told to. */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

/** @throws {LyceumError} ALREADY_EXISTS if there is a file of that name. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(file);
}

/** Makes a folder that a user named, where it is not there. @throws {LyceumError} saying why it cannot be. */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  // In a current folder that was deleted, Node tries to make a relative one for ever.
  const wanted = path.resolve(folder);
  await withPath('make the folder', folder, async () => {
    await mkdir(wanted, { recursive: true, mode });
  });
}

/**
 * Writes all of it or nothing, with the folders above it.
 *
 * @throws {LyceumError} ALREADY_EXISTS if the file is there and may not be overwritten, RESOURCE_EXHAUSTED if the disk is
 *   full, INVALID_ARGUMENT if it cannot be written.
 */
export async function writeNewFile(
  file: string,
  content: Uint8Array | string,
  overwrite: boolean,
  mode?: number,
): Promise<void> {
  await makeFolder(path.dirname(file));
  const write = async (): Promise<void> => {
    try {
      await writeFile(file, content, { flag: overwrite ? 'w' : 'wx', mode });
    } catch (err) {
      if (isHalfWritten(err)) await rm(file, { force: true });
      throw err;
    }
  };
  try {
    await withPath('write', file, write, Buffer.byteLength(content));
  } catch (err) {
    const cause = err instanceof LyceumError ? err.cause : err;
    if (errnoOf(cause) === 'EEXIST' && !overwrite) throw existing(file);
    throw err;
  }
}

/** The file was opened, and writing it failed. */
function isHalfWritten(err: unknown): boolean {
  return err instanceof Error && 'syscall' in err && err.syscall === 'write';
}

function existing(file: string): LyceumError {
  return new LyceumError('ALREADY_EXISTS', `${file} is there already; --force overwrites it`);
}
