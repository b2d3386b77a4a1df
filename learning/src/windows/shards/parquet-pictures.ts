/** Encoded pictures in the rows of Parquet files. A row group is read whole, of it the column with pictures. */
import { LyceumError } from '@lyceum/proto';
import type { AsyncBuffer } from 'hyparquet';
import type { Shard } from '../../datasets/index.js';
import { OpenParquet } from '../../import/tables/index.js';
import { chunkOf } from '../../orders/index.js';
import type { ObjectReader } from './object-reader.js';

/** Rows of one file that are wanted. */
export interface ParquetRows {
  readonly shard: Shard;
  /** By row of the file, index into the set. */
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
  /** What files say of their groups, by URL and version. */
  readonly #files = new Map<string, Promise<OpenFile>>();

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  /** Bytes in memory while {@link read} reads these, and what it gives. */
  async readingBytes(rows: ParquetRows): Promise<number> {
    const { parquet, column, groupEnds } = await this.#open(rows.shard);
    let bytes = 0;
    for (const group of groupsOf(rows, groupEnds)) bytes += parquet.groupBytes(group, [column]);
    return bytes;
  }

  /** @param pictures - takes what is read; rows without bytes are left out. */
  async read(
    rows: ParquetRows,
    signal: AbortSignal,
    pictures: Map<number, Uint8Array>,
  ): Promise<void> {
    const { parquet, column, groupEnds } = await this.#open(rows.shard);
    for (const group of groupsOf(rows, groupEnds)) {
      signal.throwIfAborted();
      const start = group === 0 ? 0 : (groupEnds[group - 1] as number);
      const values = (await parquet.readGroup(group, [column])).get(column) ?? [];
      for (let row = 0; row < values.length; row++) {
        const sample = rows.samplesOfRows.get(start + row);
        const bytes = bytesOf(values[row]);
        if (sample !== undefined && bytes !== undefined) pictures.set(sample, bytes);
      }
    }
  }

  #open(shard: Shard): Promise<OpenFile> {
    const key = `${shard.url}\n${shard.sizeBytes}\n${shard.etag ?? ''}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const opening = openFile(this.#objects, shard);
    this.#files.set(key, opening);
    // Another time its server may be there.
    opening.catch(() => this.#files.delete(key));
    return opening;
  }
}

async function openFile(objects: ObjectReader, shard: Shard): Promise<OpenFile> {
  const { url, sizeBytes, etag } = shard;
  const bytes: AsyncBuffer = {
    byteLength: sizeBytes,
    async slice(start, end = sizeBytes) {
      const read = await objects.read(url, { start, end, etag });
      const { buffer, byteOffset, byteLength } = read;
      const isAll = byteLength === buffer.byteLength;
      return (isAll ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
    },
  };
  const parquet = await OpenParquet.open(url, bytes);
  const column = shard.column ?? parquet.features.image;
  if (column === undefined || !parquet.features.columns.includes(column)) {
    const columns = parquet.features.columns.join(', ');
    const message = `${url}: has no column ${column ?? 'of pictures'}; it has ${columns}. Register the set anew`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const groupEnds = Uint32Array.from(parquet.groups, ({ rowEnd }) => rowEnd);
  return { parquet, column, groupEnds };
}

/** Numbers of the groups that have the rows, ascending. */
function groupsOf({ samplesOfRows }: ParquetRows, groupEnds: Uint32Array): number[] {
  const groups = new Set<number>();
  for (const row of samplesOfRows.keys()) {
    const group = chunkOf(groupEnds, row);
    if (group < groupEnds.length) groups.add(group);
  }
  return [...groups].sort((a, b) => a - b);
}

/** Of a column of bytes, or of Hugging Face's structs of bytes and path. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return undefined;
  return value.bytes instanceof Uint8Array ? value.bytes : undefined;
}
