/** From the sources that a user names to what is read: shards with their sizes, and pictures of folders. */
import type { ListedObject, Objects } from '@lyceum/platform/objects';
import { LyceumError, printable } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import {
  SHARD_ENDINGS,
  SHARD_FORMATS,
  type ShardFileFormat,
  type SplitName,
} from '../../datasets/index.js';
import { Ignored, Refusals } from '../../import/samples/index.js';
import { isPictureEnding, PICTURE_ENDINGS } from '../formats/index.js';
import { type FolderFile, folderFiles } from './folder-files.js';
import { parseSources, type Source, shardKind, splitOfName } from './source-list.js';

/** Requests at once. */
const ASKED_AT_ONCE = 16;

export interface ShardSource {
  readonly url: string;
  readonly format: ShardFileFormat;
  readonly sizeBytes: number;
  readonly etag: string | undefined;
  readonly split: SplitName | undefined;
}

export interface FolderSource {
  readonly url: string;
  readonly format: 'folder';
  readonly files: readonly FolderFile[];
}

export interface FoundSources {
  /** In the order in which the user names them; within a prefix in the order of names. */
  readonly sources: readonly (ShardSource | FolderSource)[];
  readonly refusals: Refusals;
  readonly ignored: Ignored;
}

/**
 * @throws {LyceumError} INVALID_ARGUMENT naming an impossible source, NOT_FOUND naming a missing one; as `Objects`
 *   throws.
 */
export async function findShards(
  texts: readonly string[],
  objects: Objects,
  signal: AbortSignal | undefined,
): Promise<FoundSources> {
  const refusals = new Refusals();
  const ignored = new Ignored();
  const named = parseSources(texts);
  const found: (ShardSource | FolderSource)[] = [];
  for (let first = 0; first < named.length; first += ASKED_AT_ONCE) {
    const some = named.slice(first, first + ASKED_AT_ONCE);
    const parts = await Promise.all(
      some.map((source) =>
        source.kind === 'prefix'
          ? insideOf(source, { objects, refusals, ignored, signal })
          : namedShard(source, source.kind, objects, signal),
      ),
    );
    for (const source of parts.flat()) found.push(source);
  }
  return { sources: oneKind(found), refusals, ignored };
}

async function namedShard(
  { url, split }: Source,
  format: ShardSource['format'],
  objects: Objects,
  signal: AbortSignal | undefined,
): Promise<ShardSource[]> {
  const { sizeBytes, etag } = await objects.facts(url, signal);
  return [{ url, format, sizeBytes, etag, split: split ?? splitOfName(url) }];
}

interface Search {
  readonly objects: Objects;
  readonly refusals: Refusals;
  readonly ignored: Ignored;
  readonly signal: AbortSignal | undefined;
}

/** The shards below a prefix; if there are none, its pictures. */
async function insideOf(
  { url: prefix, split }: Source,
  { objects, refusals, ignored, signal }: Search,
): Promise<(ShardSource | FolderSource)[]> {
  const shards: ShardSource[] = [];
  const others: ListedObject[] = [];
  for await (const object of objects.list(prefix, signal)) {
    const format = shardKind(object.url);
    if (object.unreadable !== undefined && mayMatter(object.url, prefix)) {
      const refusal = new SampleRefusedError('unreadable file', object.unreadable);
      refusals.add({ where: printable(object.url), refusal });
    } else if (object.unreadable !== undefined) ignored.add(printable(object.url));
    else if (format === undefined) others.push(object);
    else {
      const { url, sizeBytes, etag } = object;
      const own = split ?? splitOfName(url);
      shards.push({ url, format, sizeBytes, etag, split: own });
    }
  }
  if (shards.length > 0) {
    for (const { url } of others) ignored.add(printable(url));
    return shards.sort((a, b) => (a.url < b.url ? -1 : 1));
  }
  if (others.length === 0 && refusals.count === 0) {
    throw new LyceumError('NOT_FOUND', `${prefix}: there is nothing`);
  }
  const files = folderFiles(prefix, others, split, { refusals, ignored });
  if (files.length === 0 && refusals.count === 0) {
    const message = `${prefix}: there is ${SHARD_ENDINGS.map((ending) => `no ${ending}`).join(', ')} and no picture, but ${ignored.first.join(', ')}; pictures are ${PICTURE_ENDINGS.map((ending) => `.${ending}`).join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return [{ url: prefix, format: 'folder', files }];
}

/** Whether an unreadable object has the name of a shard, a picture or a folder (a name without an ending). */
function mayMatter(url: string, prefix: string): boolean {
  const names = url.slice(prefix.length).split('/');
  if (names.some((name) => name.startsWith('.'))) return false;
  const ending = /\.([^.]+)$/.exec(names.at(-1) as string)?.[1];
  return ending === undefined || isPictureEnding(ending) || shardKind(url) !== undefined;
}

/**
 * Refuses sources of several kinds: a set's chunks are read in one way, and the draw of splits depends on the kind.
 */
function oneKind(found: readonly (ShardSource | FolderSource)[]): typeof found {
  const [first, ...others] = found;
  const other = others.find(({ format }) => format !== first?.format);
  if (first === undefined || other === undefined) return found;
  const message = `${first.url} is ${SHARD_FORMATS[first.format].text}, ${other.url} is ${SHARD_FORMATS[other.format].text}: want sources of one kind; register the others as a set of their own`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
