/** Indexes all shards, several at a time. Each is read once: if it was read before, its rows come from the cache. */
import { setMaxListeners } from 'node:events';
import type { Objects } from '@lyceum/platform/objects';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import type { PictureGrid } from '../datasets/index.js';
import { Ignored, Refusals } from '../import/samples/index.js';
import { ParquetRefusedError } from '../import/tables/index.js';
import { decoderVersion, pictureDecoder } from '../pictures/index.js';
import {
  CountedObjects,
  type IndexOptions,
  indexFiles,
  type LabelPlace,
  SHARD_INDEXERS,
  type ShardRows,
} from './formats/index.js';
import type { ShardCache } from './shard-cache.js';
import type { FolderFile, FolderSource, FoundSources, ShardSource } from './sources/index.js';

/** Each holds a stream, or a row group of Parquet, in memory. */
const SHARDS_AT_ONCE = 4;

/** Files of a folder that are indexed together. Their rows are kept, even if the indexing is interrupted later. */
const FILES_TOGETHER = 512;

export interface IndexSettings {
  readonly label: LabelPlace | undefined;
  readonly image: string | undefined;
  readonly grid: PictureGrid;
  /** Whether every picture is decoded. */
  readonly checksPictures: boolean;
}

export interface IndexPlaces {
  readonly objects: Objects;
  readonly cache: ShardCache;
  readonly signal?: AbortSignal | undefined;
  /** Called with bytes done and bytes in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A shard, or some of a folder's files, with the rows that were found. */
export interface IndexedPart {
  readonly source: ShardSource | FolderSource;
  readonly rows: ShardRows;
  /** For a folder: the files that the rows' offsets refer to. */
  readonly files: readonly FolderFile[];
}

interface Part {
  readonly source: ShardSource | FolderSource;
  readonly files: readonly FolderFile[];
  readonly sizeBytes: number;
}

/**
 * @returns parts in the order of the sources.
 * @throws {LyceumError} as `Objects` throws.
 */
export async function indexShards(
  { sources }: FoundSources,
  { label, image, grid, checksPictures }: IndexSettings,
  { objects, cache, signal, onProgress }: IndexPlaces,
): Promise<IndexedPart[]> {
  const parts = sources.flatMap(partsOf);
  const totalBytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const decode = checksPictures ? await pictureDecoder(grid) : undefined;
  const options: IndexOptions = { label, image, decode };
  const checked = checksPictures ? [grid, await decoderVersion()] : null;
  let doneBytes = 0;
  const tell = (bytes: number) => {
    doneBytes += bytes;
    onProgress?.(Math.min(doneBytes, totalBytes), totalBytes);
  };
  const results: IndexedPart[] = [];
  const failed = new AbortController();
  const ended = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  // Each request under way listens, and a folder has dozens; Node warns of a leak from more than ten listeners on.
  setMaxListeners(0, ended);
  let next = 0;
  const work = async () => {
    for (let own = next++; own < parts.length; own = next++) {
      ended.throwIfAborted();
      const part = parts[own] as Part;
      let read = 0;
      const counted = new CountedObjects(
        objects,
        (bytes) => {
          const more = Math.min(bytes, part.sizeBytes - read);
          read += more;
          tell(more);
        },
        ended,
      );
      const index = () => refusedAsWhole(part, () => indexPart(part, counted, options));
      const key = isNamed(part) ? [keyOf(part), label ?? null, image ?? null, checked] : undefined;
      const rows = await cache.rows(key, index);
      tell(part.sizeBytes - read);
      results[own] = { source: part.source, files: part.files, rows };
    }
  };
  try {
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work));
  } catch (err) {
    // Ends the other reads, whose results are no longer needed.
    failed.abort();
    throw err;
  }
  return results;
}

function partsOf(source: ShardSource | FolderSource): Part[] {
  if (!('files' in source)) return [{ source, files: [], sizeBytes: source.sizeBytes }];
  const parts: Part[] = [];
  for (let first = 0; first < source.files.length; first += FILES_TOGETHER) {
    const files = source.files.slice(first, first + FILES_TOGETHER);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    parts.push({ source, files, sizeBytes });
  }
  return parts;
}

/**
 * Whether the server gives every object's version: without one, an object may have been replaced by one of equal size.
 */
function isNamed({ source, files }: Part): boolean {
  return ('files' in source ? files : [source]).every(({ etag }) => etag !== undefined);
}

function keyOf({ source, files }: Part): unknown {
  const { format, url } = source;
  return 'files' in source
    ? [format, url, files.map((file) => [file.path, file.sizeBytes, file.etag])]
    : [format, url, source.sizeBytes, source.etag];
}

function indexPart(
  { source, files }: Part,
  objects: CountedObjects,
  options: IndexOptions,
): Promise<ShardRows> {
  if (!('files' in source)) return SHARD_INDEXERS[source.format](source, objects, options);
  const versions = files.map(({ path, sizeBytes, etag }) => ({
    url: `${source.url}${path}`,
    sizeBytes,
    etag,
  }));
  return indexFiles(
    versions,
    (place) => objects.read(versions[place] as (typeof versions)[number]),
    options,
  );
}

/** A damaged shard becomes one refusal, so that all damaged shards are told together, and the others can be used. */
async function refusedAsWhole(
  { source: { url } }: Part,
  index: () => Promise<ShardRows>,
): Promise<ShardRows> {
  let refusal: SampleRefusedError;
  try {
    const rows = await index();
    if (rows.lengths.length > 0 || rows.refusals.count > 0) return rows;
    const beside = rows.ignored.first.length > 0 ? `, but ${rows.ignored.first.join(', ')}` : '';
    refusal = new SampleRefusedError('no pictures', `has no pictures${beside}`);
  } catch (err) {
    // An error of a server is no fault of the shard, and may be gone at the next try.
    if (!(err instanceof SampleRefusedError || err instanceof ParquetRefusedError)) throw err;
    refusal =
      err instanceof SampleRefusedError
        ? err
        : new SampleRefusedError(
            'damaged shard',
            err.message.replace(`${url}: `, '').replace(`${url}, `, ''),
          );
  }
  const refusals = new Refusals();
  refusals.add({ where: url, refusal });
  return {
    offsets: new Float64Array(0),
    lengths: new Uint32Array(0),
    digests: new Uint8Array(0),
    labels: new Int32Array(0),
    groups: new Float64Array(0),
    found: [],
    mayBeNumbers: true,
    refusals,
    ignored: new Ignored(),
    unread: [],
  };
}
