/** The parts of the picture thread, put together. */
import { Turns } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { type ObjectReader, ShardPictures } from '../shards/index.js';
import { DiskCache } from './cache/index.js';
import { checkCanary } from './canary.js';
import { Counters, type OpenSet, openSet, PieceReader } from './pieces/index.js';
import { ReadAhead } from './read-ahead.js';
import type { PictureCalls, PictureNews, PictureRoomSettings, SetFile } from './window-calls.js';
import { WindowMemory } from './window-memory.js';
import { WindowReader } from './window-reader.js';
import { WindowStore, windowKey } from './window-store.js';

/** Default size of libuv's thread pool, in which sharp decodes. */
const POOL_THREADS = 4;

/** Ids of this room's own uses of windows are negative; those of others are positive. */
let lastOwnUse = 0;

export class PictureRoom implements PictureCalls {
  readonly #store: WindowStore;
  readonly #cache: DiskCache | undefined;
  readonly #ahead: ReadAhead | undefined;
  readonly #sets = new Map<string, OpenSet>();
  readonly #opening = new Map<string, Promise<void>>();

  static async open(
    objects: ObjectReader,
    settings: PictureRoomSettings,
    { warn }: PictureNews,
  ): Promise<PictureRoom> {
    const { cacheFolder: folder, cacheBytes: capacityBytes, decodeThreads } = settings;
    const pool = Number(settings.objects.environment['UV_THREADPOOL_SIZE'] ?? POOL_THREADS);
    if (decodeThreads > pool) {
      const advice = `start the program with UV_THREADPOOL_SIZE=${decodeThreads}`;
      warn(
        { decodeThreads, pool, advice },
        'fewer pictures are decoded at once than was asked for',
      );
    }
    const hasCache = folder !== undefined && capacityBytes > 0;
    const cache = hasCache ? await DiskCache.open({ folder, capacityBytes, warn }) : undefined;
    return new PictureRoom(objects, settings, cache);
  }

  private constructor(
    objects: ObjectReader,
    settings: PictureRoomSettings,
    cache: DiskCache | undefined,
  ) {
    const counters = new Counters(settings.counters);
    const memory = new WindowMemory(settings.memoryBytes, () => this.#ahead?.wake());
    const pieces = new PieceReader(new ShardPictures(counted(objects, counters)), cache, counters);
    const decoding = new Turns(settings.decodeThreads);
    const reader = new WindowReader(pieces, memory, decoding, counters);
    this.#cache = cache;
    this.#store = new WindowStore(reader, memory);
    this.#ahead = cache && new ReadAhead(pieces, cache.ledger, memory);
  }

  open(file: SetFile): Promise<void> {
    const known = this.#opening.get(file.digest);
    if (known !== undefined) return known;
    const opening = this.#open(file);
    this.#opening.set(file.digest, opening);
    opening.catch(() => this.#opening.delete(file.digest));
    return opening;
  }

  async take(id: number, digest: string, samples: Uint32Array): Promise<Uint8Array> {
    const key = windowKey(digest, samples);
    const inputs = await this.#store.take(key, id, this.#set(digest), samples);
    this.#ahead?.forget(key);
    return inputs;
  }

  release(id: number): void {
    this.#store.release(id);
  }

  fetchAhead(digest: string, samples: Uint32Array): void {
    const set = this.#sets.get(digest);
    if (set !== undefined) this.#ahead?.announce(windowKey(digest, samples), set, samples);
  }

  forget(digest: string, samples: Uint32Array): void {
    this.#ahead?.forget(windowKey(digest, samples));
  }

  keepSets(digests: readonly string[]): void {
    for (const [digest, set] of this.#sets) {
      if (digests.includes(digest)) continue;
      this.#sets.delete(digest);
      this.#opening.delete(digest);
      this.#ahead?.forgetSet(set);
      this.#cache?.ledger.removeOwner(digest);
    }
  }

  /** Releases the cache's folder for other processes. */
  close(): void {
    this.#cache?.close();
  }

  async #open({ digest, file }: SetFile): Promise<void> {
    const set = await openSet(digest, file);
    await checkCanary(set, async (sample, user) => {
      const id = --lastOwnUse;
      const samples = Uint32Array.of(sample);
      try {
        user(await this.#store.take(windowKey(digest, samples), id, set, samples));
      } finally {
        this.#store.release(id);
      }
    });
    this.#sets.set(digest, set);
    this.#cache?.ledger.addOwner(digest, set.pieceKeys);
  }

  #set(digest: string): OpenSet {
    const set = this.#sets.get(digest);
    if (set !== undefined) return set;
    throw new LyceumError('INTERNAL', `set ${digest.slice(0, 12)} is not open for windows`);
  }
}

function counted(objects: ObjectReader, counters: Counters): ObjectReader {
  return {
    async read(url, range, signal) {
      const bytes = await objects.read(url, range, signal);
      counters.add('bytesRead', bytes.length);
      return bytes;
    },
  };
}
