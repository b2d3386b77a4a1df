/** Writes files that a user asked for, never over one that is there unless told to. */
import { access, writeFile } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';

/** @throws {LyceumError} ALREADY_EXISTS if there is a file of that name. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(file);
}

/**
 * @throws {LyceumError} ALREADY_EXISTS if the file is there and may not be overwritten, INVALID_ARGUMENT if
 * it cannot be written.
 */
export async function writeNewFile(
  file: string,
  content: Uint8Array | string,
  overwrite: boolean,
  mode?: number,
): Promise<void> {
  try {
    await writeFile(file, content, { flag: overwrite ? 'w' : 'wx', mode });
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'EEXIST') throw existing(file);
    const message = `cannot write ${file}: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}

function existing(file: string): LyceumError {
  return new LyceumError('ALREADY_EXISTS', `${file} is there already; --force overwrites it`);
}
