/**
 * Encoded pictures of a piece, from the cache or from their objects. Both are verified: their bytes are those that the
 * set was made of.
 */
import { isFileUrl } from '@lyceum/platform/objects';
import { type EncodedPictures, isRegistered, type ShardPictures } from '../../shards/index.js';
import type { DiskCache } from '../cache/index.js';
import type { Counters } from './counters.js';
import { type OpenSet, pieceSamples } from './open-set.js';
import { encodedBytes, type WantedPiece } from './pieces.js';
import { otherBytes } from './window-errors.js';

/**
 * A set up to this size is kept whole if the cache has room for it, even if only a little of a piece is wanted at a
 * time.
 */
const SMALL_SET_BYTES = 1024 * 1024 * 1024;

/**
 * Share of a piece that must be wanted at once for all of it to be kept: an order by chunks wants the rest soon.
 */
const WORTH_ALL = 1 / 8;

export interface PlannedPiece extends WantedPiece {
  /** Whether all of the piece is read, to be cached. */
  readonly isWhole: boolean;
  /** Memory that reading takes. */
  readonly bytes: number;
}

export class PieceReader {
  readonly #shards: ShardPictures;
  readonly #cache: DiskCache | undefined;
  readonly #counters: Counters;
  /** Pieces on their way into the cache, by key. */
  readonly #arriving = new Map<string, Promise<unknown>>();

  constructor(shards: ShardPictures, cache: DiskCache | undefined, counters: Counters) {
    this.#shards = shards;
    this.#cache = cache;
    this.#counters = counters;
  }

  /** @throws {LyceumError} as the server of a Parquet file says. */
  async plan(set: OpenSet, wanted: WantedPiece): Promise<PlannedPiece> {
    const { piece, samples } = wanted;
    const wantedBytes = encodedBytes(set.index.lengths, samples);
    const key = this.keyOf(set, piece);
    // If the entry turns out to be damaged, its object is read once with more memory than this.
    if (key !== undefined && this.#cache?.ledger.has(key)) {
      return { ...wanted, isWhole: false, bytes: wantedBytes };
    }
    const isWhole = key !== undefined && this.#isKept(set, piece, key, wantedBytes);
    const read = isWhole ? pieceSamples(set, piece) : samples;
    return { ...wanted, isWhole, bytes: await this.#shards.readingBytes(set.index, read) };
  }

  /**
   * @returns each wanted sample's picture.
   * @throws {LyceumError} FAILED_PRECONDITION if a picture has other bytes now; as the object's server says.
   */
  async read(set: OpenSet, planned: PlannedPiece, signal: AbortSignal): Promise<EncodedPictures> {
    const { piece, samples, isWhole } = planned;
    const key = this.keyOf(set, piece);
    const cached = key === undefined ? undefined : await this.#fromCache(set, piece, key, samples);
    if (key !== undefined && cached === undefined && this.#arriving.has(key)) {
      // Another read began to bring the piece into the cache meanwhile.
      return this.read(set, planned, signal);
    }
    if (key !== undefined) this.#counters.add(cached ? 'cacheHits' : 'cacheMisses', 1);
    if (cached !== undefined) return cached;
    if (key !== undefined && isWhole) {
      const pictures = await this.#bring(set, piece, key, signal);
      this.#cache?.ledger.read(key);
      return withAll(set, samples, pictures);
    }
    return withAll(set, samples, await this.#shards.read(set.index, samples, signal));
  }

  /**
   * Brings a piece into the cache if it is not there and there is room. @throws {LyceumError} as {@link read} does.
   */
  async fetch(set: OpenSet, piece: number, key: string, signal: AbortSignal): Promise<void> {
    await this.#arrival(key);
    if (this.#arriving.has(key)) return;
    if (this.isWorthFetching(set, piece, key)) await this.#bring(set, piece, key, signal);
  }

  isWorthFetching(set: OpenSet, piece: number, key: string): boolean {
    const ledger = this.#cache?.ledger;
    if (ledger === undefined || ledger.has(key)) return false;
    const bytes = encodedBytes(set.index.lengths, pieceSamples(set, piece));
    return ledger.victims(key, bytes) !== undefined;
  }

  /** Bytes of memory that {@link fetch} takes. */
  fetchingBytes(set: OpenSet, piece: number): Promise<number> {
    return this.#shards.readingBytes(set.index, pieceSamples(set, piece));
  }

  /** The piece's key in the cache; undefined: pieces of files are never cached here, since the system caches them. */
  keyOf(set: OpenSet, piece: number): string | undefined {
    if (this.#cache === undefined) return undefined;
    const first = set.index.shardOf[set.pieceEnds[piece - 1] ?? 0] as number;
    return isFileUrl(set.index.shards[first]?.url ?? '') ? undefined : set.pieceKeys[piece];
  }

  #isKept(set: OpenSet, piece: number, key: string, wantedBytes: number): boolean {
    const { ledger } = this.#cache as DiskCache;
    const bytes = encodedBytes(set.index.lengths, pieceSamples(set, piece));
    if (ledger.victims(key, bytes) === undefined) return false;
    const isSmall = set.encodedBytes <= Math.min(SMALL_SET_BYTES, ledger.capacityBytes);
    return isSmall || ledger.isAnnounced(key) || wantedBytes >= WORTH_ALL * bytes;
  }

  async #fromCache(
    set: OpenSet,
    piece: number,
    key: string,
    samples: Uint32Array,
  ): Promise<EncodedPictures | undefined> {
    const { lengths } = set.index;
    const ranges: { start: number; end: number }[] = [];
    let start = 0;
    let at = set.pieceEnds[piece - 1] ?? 0;
    const distinct = [...new Set(samples)];
    for (const sample of distinct) {
      for (; at < sample; at++) start += lengths[at] as number;
      ranges.push({ start, end: start + (lengths[sample] as number) });
    }
    await this.#arrival(key);
    const read = await this.#cache?.read(key, ranges);
    if (read === undefined) return undefined;
    const pictures = new Map(distinct.map((sample, i) => [sample, read[i] as Uint8Array]));
    const damaged = distinct.find(
      (sample) => !isRegistered(set.index, sample, pictures.get(sample)),
    );
    if (damaged === undefined) return pictures;
    await this.#cache?.drop(
      key,
      `picture ${damaged} of set ${set.digest.slice(0, 12)} has other bytes`,
    );
    return undefined;
  }

  /** Reads the whole piece, and keeps it if all pictures have their registered bytes. */
  async #bring(
    set: OpenSet,
    piece: number,
    key: string,
    signal: AbortSignal,
  ): Promise<EncodedPictures> {
    const samples = pieceSamples(set, piece);
    const bringing = (async () => {
      const pictures = await this.#shards.read(set.index, samples, signal);
      const parts = [...samples].flatMap((sample) => pictures.get(sample) ?? []);
      if (parts.length === samples.length) await this.#cache?.write(key, parts);
      return pictures;
    })();
    const arriving = bringing
      .catch(() => undefined)
      .then(() => {
        if (this.#arriving.get(key) === arriving) this.#arriving.delete(key);
      });
    this.#arriving.set(key, arriving);
    return bringing;
  }

  async #arrival(key: string): Promise<void> {
    for (let other = this.#arriving.get(key); other; other = this.#arriving.get(key)) await other;
  }
}

/** @throws {LyceumError} FAILED_PRECONDITION if a picture is missing, since its bytes are not the registered ones. */
function withAll(set: OpenSet, samples: Uint32Array, pictures: EncodedPictures): EncodedPictures {
  const sample = samples.find((wanted) => !pictures.has(wanted));
  if (sample === undefined) return pictures;
  throw otherBytes(set, sample);
}
