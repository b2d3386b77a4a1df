/** Reads encoded pictures from shards of all formats, and verifies that they are the bytes that the set was made of. */
import { inLanes } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { picturesIn, type Shard, type ShardIndex } from '../datasets/index.js';
import type { ObjectReader } from './object-reader.js';
import { ParquetPictures, type ParquetRows } from './parquet-pictures.js';
import { pictureText, pictureUrl } from './picture-place.js';
import { pictureRanges } from './picture-ranges.js';
import { isRegistered } from './registered.js';

/** Requests at once: pictures of a folder are a request each. */
const REQUESTS_AT_ONCE = 8;

/** By index into the set. */
export type EncodedPictures = ReadonlyMap<number, Uint8Array>;

export class ShardPictures {
  readonly #objects: ObjectReader;
  readonly #parquet: ParquetPictures;

  constructor(objects: ObjectReader) {
    this.#objects = objects;
    this.#parquet = new ParquetPictures(objects);
  }

  /** Bytes in memory while {@link read} reads these samples, its results included. */
  async readingBytes(index: ShardIndex, samples: Uint32Array): Promise<number> {
    const { plain, rows } = divided(index, samples);
    let bytes = 0;
    for (const { start, end } of pictureRanges(index, plain)) bytes += end - start;
    for (const of of rows) bytes += await this.#parquet.readingBytes(of);
    return bytes;
  }

  /**
   * @param samples - indices into the set.
   * @returns the pictures, without those whose bytes are not the registered ones.
   * @throws {LyceumError} as the object's server says; FAILED_PRECONDITION for an object that is no Parquet file any
   *   more.
   */
  async read(
    index: ShardIndex,
    samples: Uint32Array,
    signal: AbortSignal,
  ): Promise<EncodedPictures> {
    const { plain, rows } = divided(index, samples);
    const pictures = new Map<number, Uint8Array>();
    const take = (sample: number, bytes: Uint8Array | undefined): boolean => {
      if (bytes === undefined || !isRegistered(index, sample, bytes)) return false;
      pictures.set(sample, bytes);
      return true;
    };
    await inLanes(pictureRanges(index, plain), REQUESTS_AT_ONCE, signal, async (range) => {
      const { start, end, shard } = range;
      const { etag } = index.shards[shard] as Shard;
      const url = pictureUrl(index, range.samples[0] as number);
      const bytes = await this.#objects.read(url, { start, end, etag }, signal);
      for (const sample of range.samples) {
        const at = (index.offsets[sample] as number) - start;
        take(sample, bytes.subarray(at, at + (index.lengths[sample] as number)));
      }
    });
    for (const of of rows) await this.#parquet.read(of, signal, take);
    return pictures;
  }

  /** Like {@link read}. @throws {LyceumError} FAILED_PRECONDITION naming a picture that has other bytes. */
  async readAll(
    index: ShardIndex,
    samples: Uint32Array,
    signal: AbortSignal,
  ): Promise<EncodedPictures> {
    const pictures = await this.read(index, samples, signal);
    const other = samples.find((sample) => !pictures.has(sample));
    if (other === undefined) return pictures;
    const message = `${pictureText(index, other)}: its bytes are not those that were registered; was it replaced?`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
}

/** Divides samples into those that are ranges of bytes and those in rows of Parquet files. */
function divided(
  { shards, shardOf, offsets }: ShardIndex,
  samples: Uint32Array,
): { readonly plain: Uint32Array; readonly rows: readonly ParquetRows[] } {
  const rows = new Map<Shard, Map<number, number>>();
  const plain = samples.filter((sample) => {
    const shard = shards[shardOf[sample] as number] as Shard;
    if (picturesIn(shard) !== 'rows') return true;
    const own = rows.get(shard) ?? new Map<number, number>();
    rows.set(shard, own.set(offsets[sample] as number, sample));
    return false;
  });
  return { plain, rows: [...rows].map(([shard, samplesOfRows]) => ({ shard, samplesOfRows })) };
}
