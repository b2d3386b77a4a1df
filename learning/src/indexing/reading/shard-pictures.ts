/** The bytes of a sample's picture, read again. */
import { createHash } from 'node:crypto';
import type { Objects } from '@lyceum/platform/objects';
import { LyceumError } from '@lyceum/proto';
import type { Shard, ShardIndex } from '../../datasets/index.js';
import { imageBytes } from '../../import/columns/index.js';
import { mapInOrder } from '../../import/images/index.js';
import { OpenParquet } from '../../import/tables/index.js';
import { DIGEST_BYTES } from '../formats/index.js';
import { CountedObjects } from './counted-objects.js';

/** Read at once where each picture is a request of its own. Of Parquet one: a row group is in memory. */
const READ_AT_ONCE = 8;

/** Bytes between pictures that cost less than another request. */
const GAP_BYTES = 64 * 1024;

type Places = Pick<ShardIndex, 'shards' | 'shardOf' | 'offsets' | 'lengths' | 'digests' | 'paths'>;

/** A row group of Parquet: samples that follow each other are mostly in one. */
interface HeldGroup {
  readonly shard: number;
  readonly rowStart: number;
  readonly values: ArrayLike<unknown>;
}

export class ShardPictures {
  readonly #places: Places;
  readonly #objects: CountedObjects;
  readonly #files = new Map<number, Promise<OpenParquet>>();
  #group: HeldGroup | undefined;

  constructor(places: Places, objects: Objects, signal: AbortSignal | undefined) {
    this.#places = places;
    this.#objects = new CountedObjects(objects, () => undefined, signal);
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the bytes are not those that were registered; as `Objects`. */
  async read(sample: number): Promise<Uint8Array> {
    return this.#checked(sample, await this.#bytes(sample));
  }

  /**
   * @param samples - ascending, of one chunk.
   * @throws as {@link read}.
   */
  async *readTogether(
    samples: Uint32Array,
  ): AsyncGenerator<readonly [number, Uint8Array], void, undefined> {
    const range = this.#rangeOf(samples);
    if (range === undefined) {
      const { format } = this.#shard(samples[0] as number);
      const atOnce = format === 'parquet' ? 1 : READ_AT_ONCE;
      yield* mapInOrder(each(samples), atOnce, async (sample) => {
        return [sample, await this.read(sample)] as const;
      });
      return;
    }
    const { url, sizeBytes, etag } = this.#shard(samples[0] as number);
    const bytes = await this.#objects.read({ url, sizeBytes, etag }, range.start, range.end);
    for (const sample of samples) {
      const start = (this.#places.offsets[sample] as number) - range.start;
      const picture = bytes.subarray(start, start + (this.#places.lengths[sample] as number));
      yield [sample, this.#checked(sample, picture)];
    }
  }

  /** Of a tar: what is worth one request; undefined: each picture is. */
  #rangeOf(samples: Uint32Array): { start: number; end: number } | undefined {
    const { offsets, lengths } = this.#places;
    const [first = 0, last = first] = [samples[0], samples.at(-1)];
    if (this.#shard(first).format !== 'tar') return undefined;
    const start = offsets[first] as number;
    const end = (offsets[last] as number) + (lengths[last] as number);
    const wanted = samples.reduce((sum, sample) => sum + (lengths[sample] as number), 0);
    return end - start <= wanted + samples.length * GAP_BYTES ? { start, end } : undefined;
  }

  #checked(sample: number, bytes: Uint8Array): Uint8Array {
    const found = createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);
    const { digests } = this.#places;
    const want = digests.subarray(sample * DIGEST_BYTES, (sample + 1) * DIGEST_BYTES);
    if (found.equals(want)) return bytes;
    const message = `${this.whereOf(sample)}: its bytes are not those that were registered; was it replaced?`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }

  whereOf(sample: number): string {
    const { format, url } = this.#shard(sample);
    const offset = this.#places.offsets[sample] as number;
    if (format === 'folder') return `${url}${this.#path(sample)}`;
    return format === 'tar' ? `${url}: byte ${offset}` : `${url}: row ${offset + 1}`;
  }

  async #bytes(sample: number): Promise<Uint8Array> {
    const shard = this.#shard(sample);
    const { url, format, sizeBytes, etag } = shard;
    const length = this.#places.lengths[sample] as number;
    const offset = this.#places.offsets[sample] as number;
    if (format === 'parquet') return this.#parquetBytes(sample, shard, offset);
    if (format === 'tar')
      return this.#objects.read({ url, sizeBytes, etag }, offset, offset + length);
    const file = { url: `${url}${this.#path(sample)}`, sizeBytes: length, etag: undefined };
    return this.#objects.read(file);
  }

  async #parquetBytes(sample: number, shard: Shard, row: number): Promise<Uint8Array> {
    const number = this.#places.shardOf[sample] as number;
    const { column = '' } = shard;
    const open = this.#files.get(number) ?? this.#open(shard);
    this.#files.set(number, open);
    const file = await open;
    const group = file.groups.findIndex(({ rowStart, rowEnd }) => rowStart <= row && row < rowEnd);
    const rowStart = file.groups[group]?.rowStart;
    if (rowStart === undefined) throw file.refusal(`has no row ${row + 1}`);
    if (this.#group?.shard !== number || this.#group.rowStart !== rowStart) {
      const data = await file.readGroup(group, [column]);
      this.#group = { shard: number, rowStart, values: data.get(column) as ArrayLike<unknown> };
    }
    const picture = imageBytes(this.#group.values[row - rowStart], column);
    if (typeof picture === 'string') throw file.refusal(`row ${row + 1} has no bytes`);
    return picture;
  }

  #open({ url, sizeBytes, etag }: Shard): Promise<OpenParquet> {
    return OpenParquet.open(url, this.#objects.buffer({ url, sizeBytes, etag }));
  }

  #shard(sample: number): Shard {
    return this.#places.shards[this.#places.shardOf[sample] as number] as Shard;
  }

  #path(sample: number): string {
    const { paths } = this.#places;
    if (paths === undefined) return '';
    const start = sample === 0 ? 0 : (paths.ends[sample - 1] as number);
    return Buffer.from(paths.bytes.subarray(start, paths.ends[sample])).toString();
  }
}

async function* each(samples: Uint32Array): AsyncGenerator<number, void, undefined> {
  yield* samples;
}
