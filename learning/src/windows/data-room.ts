/** The parts of the data thread, put together. */
import { LyceumError } from '@lyceum/proto';
import { checkCanary } from './canary.js';
import { Counters } from './counters.js';
import { type OpenSet, openSet, pictureBytes } from './open-set.js';
import { PieceReader } from './piece-reader.js';
import { type ObjectReader, ShardPictures } from './shards/index.js';
import { Turns } from './turns.js';
import type { DataCalls, DataNews, DataSettings, SetFile } from './window-calls.js';
import { WindowMemory } from './window-memory.js';
import { WindowReader } from './window-reader.js';
import { WindowStore } from './window-store.js';

/** Uses that nobody but this thread has. Others' are positive. */
let lastOwnUse = 0;

export class DataRoom implements DataCalls {
  readonly #store: WindowStore;
  readonly #sets = new Map<string, OpenSet>();
  readonly #opening = new Map<string, Promise<number>>();

  constructor(objects: ObjectReader, settings: DataSettings, _news: DataNews) {
    const counters = new Counters(settings.counters);
    const memory = new WindowMemory(settings.memoryBytes);
    const counted: ObjectReader = {
      async read(url, range, signal) {
        const bytes = await objects.read(url, range, signal);
        counters.add('bytesRead', bytes.length);
        return bytes;
      },
    };
    const pieces = new PieceReader(new ShardPictures(counted));
    const decoding = new Turns(settings.decodeThreads);
    const reader = new WindowReader(pieces, memory, decoding, counters);
    this.#store = new WindowStore(reader, memory);
  }

  open(file: SetFile): Promise<number> {
    const known = this.#opening.get(file.digest);
    if (known !== undefined) return known;
    const opening = this.#open(file);
    this.#opening.set(file.digest, opening);
    opening.catch(() => this.#opening.delete(file.digest));
    return opening;
  }

  async take(id: number, digest: string, samples: Uint32Array): Promise<SharedArrayBuffer> {
    return this.#store.take(id, this.#set(digest), samples);
  }

  release(id: number): void {
    this.#store.release(id);
  }

  fetchAhead(_digest: string, _samples: Uint32Array): void {}

  forget(_digest: string, _samples: Uint32Array): void {}

  keepSets(digests: readonly string[]): void {
    for (const digest of this.#sets.keys()) {
      if (digests.includes(digest)) continue;
      this.#sets.delete(digest);
      this.#opening.delete(digest);
    }
  }

  async #open({ digest, file }: SetFile): Promise<number> {
    const set = await openSet(digest, file);
    const id = --lastOwnUse;
    const samples = Uint32Array.from(set.index.canary.samples);
    try {
      await checkCanary(set, new Uint8Array(await this.#store.take(id, set, samples)));
    } finally {
      this.#store.release(id);
    }
    this.#sets.set(digest, set);
    return pictureBytes(set);
  }

  #set(digest: string): OpenSet {
    const set = this.#sets.get(digest);
    if (set !== undefined) return set;
    throw new LyceumError('INTERNAL', `set ${digest.slice(0, 12)} is not open for windows`);
  }
}
