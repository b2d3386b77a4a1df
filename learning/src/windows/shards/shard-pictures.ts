/** Reads encoded pictures from shards of all formats. What they are is not looked at. */
import { inLanes } from '@lyceum/platform';
import type { Shard, ShardIndex } from '../../datasets/index.js';
import type { ObjectReader } from './object-reader.js';
import { ParquetPictures, type ParquetRows } from './parquet-pictures.js';
import { pictureUrl } from './picture-url.js';
import { pictureRanges } from './pieces.js';

/** Requests for one piece at once: pictures of a folder are a request each. */
const REQUESTS_AT_ONCE = 8;

/** By index into the set. */
export type EncodedPictures = ReadonlyMap<number, Uint8Array>;

export class ShardPictures {
  readonly #objects: ObjectReader;
  readonly #parquet: ParquetPictures;

  /** @param objects - counts what it reads. */
  constructor(objects: ObjectReader) {
    this.#objects = objects;
    this.#parquet = new ParquetPictures(objects);
  }

  /** Bytes in memory while {@link read} reads these, and what it gives. */
  async readingBytes(index: ShardIndex, samples: Uint32Array): Promise<number> {
    const { plain, rows } = divided(index, samples);
    let bytes = 0;
    for (const { start, end } of pictureRanges(index, plain)) bytes += end - start;
    for (const of of rows) bytes += await this.#parquet.readingBytes(of);
    return bytes;
  }

  /**
   * @param samples - ascending indices into the set.
   * @returns the pictures; without those that a Parquet file has no bytes for.
   * @throws {LyceumError} what the object's server says, naming the object.
   */
  async read(
    index: ShardIndex,
    samples: Uint32Array,
    signal: AbortSignal,
  ): Promise<EncodedPictures> {
    const { plain, rows } = divided(index, samples);
    const pictures = new Map<number, Uint8Array>();
    await inLanes(pictureRanges(index, plain), REQUESTS_AT_ONCE, signal, async (range) => {
      const { start, end, shard } = range;
      const { etag } = index.shards[shard] as Shard;
      const url = pictureUrl(index, range.samples[0] as number);
      const bytes = await this.#objects.read(url, { start, end, etag }, signal);
      for (const sample of range.samples) {
        const at = (index.offsets[sample] as number) - start;
        pictures.set(sample, bytes.subarray(at, at + (index.lengths[sample] as number)));
      }
    });
    for (const of of rows) await this.#parquet.read(of, signal, pictures);
    return pictures;
  }
}

/** What has ranges of bytes, and what lies in rows of Parquet files. */
function divided(
  { shards, shardOf, offsets }: ShardIndex,
  samples: Uint32Array,
): { readonly plain: Uint32Array; readonly rows: readonly ParquetRows[] } {
  const rows = new Map<Shard, Map<number, number>>();
  const plain = samples.filter((sample) => {
    const shard = shards[shardOf[sample] as number] as Shard;
    if (shard.format !== 'parquet') return true;
    const own = rows.get(shard) ?? new Map<number, number>();
    rows.set(shard, own.set(offsets[sample] as number, sample));
    return false;
  });
  return { plain, rows: [...rows].map(([shard, samplesOfRows]) => ({ shard, samplesOfRows })) };
}
