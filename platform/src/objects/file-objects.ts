/**
 * Files below the datasets root. A set's manifest names their paths, so nothing outside the root is opened, even
 * through links, and an error about an unreadable file tells no more than that it cannot be read.
 */
import type { BigIntStats, Dirent } from 'node:fs';
import {
  type FileHandle,
  lstat,
  open,
  opendir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { errnoOf, isBelow, makeFolder, OPEN_FLAGS, withPath } from '../files/index.js';
import { shownUrl } from '../outside/index.js';
import { inLanes } from '../pacing/index.js';
import type { ListedObject, ObjectFacts, ObjectRange } from './objects.js';
import { ObjectChangedError } from './requests/index.js';

/** Greatest read of a stream. */
const READ_BYTES = 1024 * 1024;

/** Entries of a folder that are looked at together: more would wait for the disk, each with memory of its own. */
const ENTRIES_AT_ONCE = 64;

/** Errors of the disk, or of the network behind it, that may pass. */
const PASSING = new Set(['EIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EMFILE', 'ENFILE', 'EAGAIN']);

type Entry = Omit<ListedObject, 'url'> | 'folder';

export class FileObjects {
  readonly #root: string | undefined;

  /** @param root - folder of all files; undefined: there are no files to read. */
  constructor(root: string | undefined) {
    this.#root = root;
  }

  facts(path: string): Promise<ObjectFacts> {
    return this.#opened(path, factsOf);
  }

  /** Reads straight into the result: joining chunks would copy them. */
  async read(path: string, range: ObjectRange, signal?: AbortSignal): Promise<Buffer> {
    const { start, end, etag } = range;
    goOn(path, signal);
    return await this.#opened(path, async (file) => {
      const version = await versionOf(file, path, etag);
      const bytes = Buffer.allocUnsafeSlow(end - start);
      for (let at = start; at < end; ) {
        const { bytesRead } = await file.read(bytes, at - start, end - at, at);
        if (bytesRead === 0) throw tooShort(path, Math.min(at, version.sizeBytes), end);
        at += bytesRead;
      }
      await requireVersion(file, path, version);
      return bytes;
    });
  }

  async *stream(
    path: string,
    range: Partial<ObjectRange>,
    signal?: AbortSignal,
  ): AsyncIterable<Buffer> {
    const file = await this.#open(path);
    try {
      const version = await told(path, () => versionOf(file, path, range.etag));
      const end = range.end ?? version.sizeBytes;
      for (let at = range.start ?? 0; at < end; ) {
        goOn(path, signal);
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
        const { bytesRead } = await told(path, () => file.read({ buffer, position: at }));
        if (bytesRead === 0) throw tooShort(path, Math.min(at, version.sizeBytes), end);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
      await told(path, () => requireVersion(file, path, version));
    } finally {
      await file.close();
    }
  }

  /**
   * Regular files below a folder, and entries that may be such files. A link back to a folder above is not followed.
   */
  async *list(folder: string, signal?: AbortSignal): AsyncIterable<ListedObject> {
    yield* this.#listBelow(folder, [], signal);
  }

  async *#listBelow(
    folder: string,
    above: readonly string[],
    signal: AbortSignal | undefined,
  ): AsyncIterable<ListedObject> {
    const real = await this.#realPath(folder);
    if (above.some((entered) => entered === real || isBelow(real, entered))) return;
    const entries: Dirent[] = [];
    await told(folder, async () => {
      for await (const entry of await opendir(real)) entries.push(entry);
    });
    const found: { path: string; key: Buffer; facts: Entry | undefined }[] = [];
    await inLanes(entries, ENTRIES_AT_ONCE, undefined, async (entry) => {
      goOn(folder, signal);
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const facts = await this.#entry(path, real, entry);
      // In the order of S3's keys: a folder's name counts with a slash at its end.
      found.push({ path, key: Buffer.from(facts === 'folder' ? `${path}/` : path), facts });
    });
    const sorted = found.sort((a, b) => Buffer.compare(a.key, b.key));
    for (const { path, facts } of sorted) {
      goOn(folder, signal);
      if (facts === 'folder') yield* this.#listBelow(path, [...above, real], signal);
      else if (facts !== undefined) yield { url: path, ...facts };
    }
  }

  /** Undefined: the entry is neither a regular file nor a folder. @param folder - its real path. */
  async #entry(path: string, folder: string, entry: Dirent): Promise<Entry | undefined> {
    try {
      // Only a link can lead elsewhere.
      const found = entry.isSymbolicLink()
        ? await stat(await this.#realPath(path), { bigint: true })
        : await told(path, () => lstat(join(folder, entry.name), { bigint: true }));
      if (found.isDirectory()) return 'folder';
      return found.isFile() ? factsIn(found) : undefined;
    } catch (err) {
      if (!(err instanceof LyceumError && err.code === 'NOT_FOUND')) throw err;
      const unreadable = path.includes('\ufffd')
        ? 'has a name that is not UTF-8; convmv -f latin1 -t utf8 renames it'
        : 'cannot be read: it is a link that leads nowhere or out of the datasets root, or this user may not read it';
      return { sizeBytes: 0, unreadable };
    }
  }

  async write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<ObjectFacts> {
    const root = this.#rootFor(path);
    const target = join(root, path);
    const aside = `${target}.${process.pid}.partial`;
    await this.#makeFolderBelow(root, dirname(target), path);
    await removePartial(target);
    try {
      await withPath('write', target, async () => {
        const file = await open(aside, 'w');
        try {
          await writeFile(file, chunks);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(aside, target);
      });
    } catch (err) {
      await rm(aside, { force: true });
      throw err;
    }
    return this.facts(path);
  }

  /** Refuses a path that a link below the root leads out of it. */
  async #makeFolderBelow(root: string, folder: string, path: string): Promise<void> {
    const realRoot = await told(path, () => realpath(root));
    for (let there = folder; ; there = dirname(there)) {
      const real = await realpath(there).catch(() => undefined);
      if (real === undefined) continue;
      if (real !== realRoot && !isBelow(realRoot, real)) throw missing(path);
      break;
    }
    await makeFolder(folder);
  }

  async #opened<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.#open(path);
    try {
      return await told(path, () => work(file));
    } finally {
      await file.close();
    }
  }

  async #open(path: string): Promise<FileHandle> {
    const real = await this.#realPath(path);
    const file = await told(path, () => open(real, OPEN_FLAGS));
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw missing(path);
  }

  async #realPath(path: string): Promise<string> {
    const root = this.#rootFor(path);
    return await told(path, async () => {
      const realRoot = await realpath(root);
      const real = await realpath(join(root, path));
      if (real !== realRoot && !isBelow(realRoot, real)) throw missing(path);
      return real;
    });
  }

  #rootFor(path: string): string {
    if (this.#root !== undefined) return this.#root;
    const message = `${shownUrl(path)}: a set's files are read only below --datasets-root FOLDER (LYCEUM_DATASETS_ROOT), and none is given; want one, or a URL`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** Removes files that killed programs left half written beside the target. */
async function removePartial(target: string): Promise<void> {
  const [folder, name] = [dirname(target), basename(target)];
  const isPartial = (other: string) => /^\.\d+\.partial$/.test(other.slice(name.length));
  for (const other of await readdir(folder)) {
    if (other.startsWith(name) && isPartial(other)) await rm(join(folder, other), { force: true });
  }
}

function factsOf(file: FileHandle): Promise<ObjectFacts> {
  return file.stat({ bigint: true }).then(factsIn);
}

/**
 * The ETag includes the inode's change time, which nobody can set back; archives and copies do set back the bytes'
 * time.
 */
function factsIn({
  size,
  mtimeNs,
  ctimeNs,
}: Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs'>): ObjectFacts {
  return { sizeBytes: Number(size), etag: `"${size}-${mtimeNs}-${ctimeNs}"` };
}

/** @throws {ObjectChangedError} if the file is not the wanted version. */
async function versionOf(
  file: FileHandle,
  path: string,
  etag: string | undefined,
): Promise<ObjectFacts> {
  const facts = await factsOf(file);
  if (etag === undefined || etag === facts.etag) return facts;
  throw new ObjectChangedError(shownUrl(path), `its size and times are ${facts.etag}, not ${etag}`);
}

async function requireVersion(
  file: FileHandle,
  path: string,
  { etag }: ObjectFacts,
): Promise<void> {
  if ((await factsOf(file)).etag === etag) return;
  throw new ObjectChangedError(shownUrl(path), 'it was written to while it was read');
}

function tooShort(path: string, sizeBytes: number, end: number): LyceumError {
  return new ObjectChangedError(shownUrl(path), `it has ${sizeBytes} bytes, and ${end} are wanted`);
}

function missing(path: string): LyceumError {
  const message = `${shownUrl(path)}: there is no file or folder below the datasets root (--datasets-root) that can be read`;
  return new LyceumError('NOT_FOUND', message);
}

function goOn(path: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new LyceumError('CANCELLED', `${shownUrl(path)}: cancelled`);
}

/** Runs `work`. Errors of the operating system are thrown as this file's own. */
async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    const errno = errnoOf(err);
    if (errno === undefined) throw err;
    if (!PASSING.has(errno)) throw missing(path);
    throw new LyceumError('UNAVAILABLE', `${shownUrl(path)}: its disk does not answer (${errno})`, {
      cause: err,
    });
  }
}
