/** Encoded pictures in the rows of Parquet files. Row groups are read whole, but only their column with pictures. */
import { ObjectChangedError, shownUrl } from '@lyceum/platform/objects';
import type { Shard } from '../datasets/index.js';
import { OpenParquet, ParquetRefusedError } from '../import/tables/index.js';
import { chunkOf } from '../orders/index.js';
import { objectBuffer } from './object-buffer.js';
import type { ObjectReader } from './object-reader.js';

/** How many files' descriptions of their groups are kept: some tens of KB each. */
const FILES_KEPT = 256;

/** Rows of one file that are wanted. */
export interface ParquetRows {
  readonly shard: Shard;
  /** Index into the set, by row of the file. */
  readonly samplesOfRows: ReadonlyMap<number, number>;
}

interface OpenFile {
  readonly parquet: OpenParquet;
  readonly column: string;
  /** Where each group's rows end. */
  readonly groupEnds: Uint32Array;
}

export class ParquetPictures {
  readonly #objects: ObjectReader;
  /** The files' descriptions of their groups, by URL and version, the last used one last. */
  readonly #files = new Map<string, Promise<OpenFile>>();

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  /**
   * Bytes in memory while {@link read} reads these rows, its results included. @throws {LyceumError} as {@link read}
   * does.
   */
  readingBytes(rows: ParquetRows): Promise<number> {
    return this.#with(rows.shard, async ({ parquet, column, groupEnds }) => {
      let bytes = 0;
      for (const group of groupsOf(rows, groupEnds)) bytes += parquet.groupBytes(group, [column]);
      return bytes;
    });
  }

  /**
   * @param take - is given each sample's bytes, undefined for a row without any, and says whether they
   *   are what was registered.
   * @throws {LyceumError} as `ObjectReader` says; `ObjectChangedError` for what is not the file that was registered.
   */
  read(
    rows: ParquetRows,
    signal: AbortSignal,
    take: (sample: number, bytes: Uint8Array | undefined) => boolean,
  ): Promise<void> {
    return this.#with(rows.shard, async ({ parquet, column, groupEnds }) => {
      for (const group of groupsOf(rows, groupEnds)) {
        signal.throwIfAborted();
        const start = group === 0 ? 0 : (groupEnds[group - 1] as number);
        const values = (await parquet.readGroup(group, [column])).get(column) ?? [];
        for (let row = 0; row < values.length; row++) {
          const sample = rows.samplesOfRows.get(start + row);
          if (sample === undefined || take(sample, bytesOf(values[row]))) continue;
          this.#forget(rows.shard);
        }
      }
    });
  }

  /**
   * Runs `work`. After a failure the file's description is forgotten: another file may be there now, or the former one
   * again.
   */
  async #with<T>(shard: Shard, work: (file: OpenFile) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#open(shard));
    } catch (err) {
      this.#forget(shard);
      // When the file was registered, it could be read.
      if (!(err instanceof ParquetRefusedError)) throw err;
      const shown = shownUrl(shard.url);
      throw new ObjectChangedError(shown, err.message.replace(`${shown}: `, ''));
    }
  }

  #open(shard: Shard): Promise<OpenFile> {
    const key = keyOf(shard);
    const opening = this.#files.get(key) ?? openFile(this.#objects, shard);
    this.#files.delete(key);
    this.#files.set(key, opening);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= FILES_KEPT) break;
      this.#files.delete(oldest);
    }
    return opening;
  }

  #forget(shard: Shard): void {
    this.#files.delete(keyOf(shard));
  }
}

function keyOf({ url, sizeBytes, etag = '' }: Shard): string {
  return `${url}\n${sizeBytes}\n${etag}`;
}

async function openFile(objects: ObjectReader, shard: Shard): Promise<OpenFile> {
  const { url, sizeBytes, etag } = shard;
  const bytes = objectBuffer(sizeBytes, (start, end) => objects.read(url, { start, end, etag }));
  const parquet = await OpenParquet.open(shownUrl(url), bytes);
  const column = shard.column ?? parquet.features.image;
  if (column === undefined || !parquet.features.columns.includes(column)) {
    const columns = parquet.features.columns.join(', ');
    throw parquet.refusal(`has no column ${column ?? 'of pictures'}; it has ${columns}`);
  }
  const groupEnds = Uint32Array.from(parquet.groups, ({ rowEnd }) => rowEnd);
  return { parquet, column, groupEnds };
}

/** Numbers of the groups that hold the rows, ascending. */
function groupsOf({ samplesOfRows }: ParquetRows, groupEnds: Uint32Array): number[] {
  const groups = new Set<number>();
  for (const row of samplesOfRows.keys()) {
    const group = chunkOf(groupEnds, row);
    if (group < groupEnds.length) groups.add(group);
  }
  return [...groups].sort((a, b) => a - b);
}

/** Bytes of a cell: of a column of bytes, or of Hugging Face's structs of bytes and path. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return undefined;
  return value.bytes instanceof Uint8Array ? value.bytes : undefined;
}
