/** Writes files so that they are there whole or not at all, and survive a power cut. */
import { open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '@lyceum/platform';
import { LyceumError, StorageFullError, toLyceumError } from '@lyceum/proto';

const DRAFT_ENDING = '.tmp';

/** Drafts older than this are abandoned: a writer gives up before a single file takes so long. */
const DRAFT_LEFT_MS = 600_000;

/**
 * Writes to a temporary name, syncs, renames, syncs the folder. One writer per file at a time.
 *
 * @param bytes - or pieces of them, each written when it comes; if the pieces throw, there is no file.
 * @throws {StorageFullError} if the disk is full, read-only or fails.
 * @throws {LyceumError} UNAVAILABLE if the folder cannot be written; another machine may succeed. Or what the pieces
 *   throw.
 */
export async function writeDurably(
  file: string,
  bytes: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${process.pid}${DRAFT_ENDING}`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await writeFile(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    const folder = await open(dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (err) {
    await rm(temporary, { force: true });
    if (err instanceof LyceumError) throw err;
    const isWhole = typeof bytes === 'string' || bytes instanceof Uint8Array;
    const told = fileError('write', file, err, isWhole ? Buffer.byteLength(bytes) : undefined);
    if (told instanceof StorageFullError) throw told;
    const cause = toLyceumError(err);
    throw new LyceumError('UNAVAILABLE', `${file} cannot be written: ${cause.message}`, { cause });
  }
}

/** Removes drafts that killed writers left in a folder. Call it only while nobody writes there. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(DRAFT_ENDING)) await rm(join(folder, name), { force: true });
  }
}

/**
 * Removes drafts that were last written ten minutes ago or earlier, so others may be writing. Failures only waste disk
 * space.
 */
export async function removeOldDrafts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((own) => own.endsWith(DRAFT_ENDING))) {
    const draft = join(folder, name);
    try {
      const { mtimeMs } = await stat(draft);
      if (Date.now() - mtimeMs >= DRAFT_LEFT_MS) await rm(draft, { force: true });
    } catch {
      // The file is gone, or belongs to another user.
    }
  }
}
