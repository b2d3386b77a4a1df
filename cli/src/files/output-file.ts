/** Writes files that a user asked for, and replaces existing ones only if the user said so. */
import { randomUUID } from 'node:crypto';
import { access, chmod, copyFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, makeFolder, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o777;

/** How much of a file's name its draft's name repeats: names are limited to 255 bytes. */
const SHOWN_LETTERS = 50;

/** @throws {LyceumError} ALREADY_EXISTS if there is a file of that name. */
export async function refuseExisting(file: string): Promise<void> {
  if (await isThere(file)) throw existing(file);
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Writes the whole file or nothing, and makes the folders above it. An existing file stays until the new one is
 * complete.
 *
 * @throws {LyceumError} ALREADY_EXISTS if the file exists and must not be replaced, RESOURCE_EXHAUSTED if the disk is
 *   full, INVALID_ARGUMENT if it cannot be written.
 */
export async function writeNewFile(
  file: string,
  content: Uint8Array | string,
  overwrite: boolean,
  mode?: number,
): Promise<void> {
  await makeFolder(path.dirname(file));
  const write = overwrite
    ? () => replaceFile(file, (path) => writeFile(path, content, { mode }))
    : () => create(file, content, mode);
  try {
    await withPath('write', file, write, Buffer.byteLength(content));
  } catch (err) {
    const cause = err instanceof LyceumError ? err.cause : err;
    if (errnoOf(cause) === 'EEXIST' && !overwrite) throw existing(file);
    throw err;
  }
}

/**
 * Writes several files, each as {@link writeNewFile}. If one cannot be written, the new ones are removed again.
 *
 * @param files - by path, in the order in which they are written.
 */
export async function writeNewFiles(
  files: ReadonlyMap<string, Uint8Array | string>,
  overwrite: boolean,
): Promise<void> {
  const made: string[] = [];
  try {
    for (const [file, content] of files) {
      const isNew = !(await isThere(file));
      await writeNewFile(file, content, overwrite);
      if (isNew) made.push(file);
    }
  } catch (err) {
    // On a full disk the next try would find these files in its way.
    for (const file of made) await rm(file, { force: true }).catch(() => undefined);
    throw err;
  }
}

async function create(file: string, content: Uint8Array | string, mode?: number): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', mode });
  } catch (err) {
    if (isHalfWritten(err)) await rm(file, { force: true });
    throw err;
  }
}

/**
 * Writes a draft beside the file and moves it there, with the permissions of the file that it replaces. If a pipe or
 * device is there, writes into it. A file that is itself a mount, as in containers, cannot be replaced: it is
 * overwritten once the draft is complete.
 *
 * @param write - writes the draft to this path.
 * @throws errors of `write` or the operating system; nothing of the new file is left then.
 */
export async function replaceFile<T>(
  file: string,
  write: (path: string) => Promise<T>,
): Promise<T> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return write(file);
  const place = found === undefined ? file : await realpath(file);
  // The name cannot be guessed: otherwise another user could place a link there that leads elsewhere.
  const name = `${path.basename(place).slice(0, SHOWN_LETTERS)}.${randomUUID()}.partial`;
  const draft = path.join(path.dirname(place), name);
  try {
    // Users who may not read the file must not read its draft.
    if (found !== undefined) await writeFile(draft, '', { flag: 'wx', mode: OWNER_ONLY });
    const written = await write(draft);
    if (found !== undefined) await chmod(draft, found.mode & PERMISSIONS);
    await move(draft, place);
    return written;
  } catch (err) {
    await rm(draft, { force: true });
    throw err;
  }
}

async function move(draft: string, place: string): Promise<void> {
  try {
    await rename(draft, place);
  } catch (err) {
    if (errnoOf(err) !== 'EBUSY') throw err;
    await copyFile(draft, place);
    await rm(draft);
  }
}

/** Whether the file was opened, but writing it failed. */
function isHalfWritten(err: unknown): boolean {
  return err instanceof Error && 'syscall' in err && err.syscall === 'write';
}

function existing(file: string): LyceumError {
  return new LyceumError('ALREADY_EXISTS', `${file} exists already; --force overwrites it`);
}
