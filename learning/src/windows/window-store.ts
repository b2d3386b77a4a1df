/** Windows that are being read, that are in use, and that have no users for the moment. */
import { createHash } from 'node:crypto';
import { LyceumError } from '@lyceum/proto';
import type { OpenSet } from './pieces/index.js';
import type { Place, WindowMemory } from './window-memory.js';
import type { WindowReader } from './window-reader.js';

interface StoredWindow {
  readonly key: string;
  readonly abandoned: AbortController;
  readonly reading: Promise<Place>;
  /** Undefined: the window is being read, or cannot be read. */
  ready?: Place;
  userCount: number;
}

export class WindowStore {
  readonly #reader: WindowReader;
  readonly #memory: WindowMemory;
  /** By the key of set and samples. */
  readonly #windows = new Map<string, StoredWindow>();
  /** By the id of a use. */
  readonly #uses = new Map<number, StoredWindow>();

  constructor(reader: WindowReader, memory: WindowMemory) {
    this.#reader = reader;
    this.#memory = memory;
  }

  /**
   * @param key - the window's, as {@link windowKey} gives it.
   * @param id - names this use; {@link release} ends the use, even before the window is there.
   * @returns [samples, height, width, channels], in shared memory.
   * @throws {LyceumError} CANCELLED if all its users released it before it was there; as the reader does.
   */
  async take(key: string, id: number, set: OpenSet, samples: Uint32Array): Promise<Uint8Array> {
    const window = this.#windows.get(key) ?? this.#start(key, set, samples);
    window.userCount++;
    this.#uses.set(id, window);
    if (window.ready !== undefined) this.#memory.revive(window.ready);
    try {
      return this.#memory.at(await window.reading);
    } catch (err) {
      this.#uses.delete(id);
      throw err;
    }
  }

  /** May be called again. */
  release(id: number): void {
    const window = this.#uses.get(id);
    if (window === undefined) return;
    this.#uses.delete(id);
    window.userCount--;
    if (window.userCount > 0) return;
    if (window.ready !== undefined) this.#retire(window, window.ready);
    else {
      this.#forget(window);
      window.abandoned.abort(new LyceumError('CANCELLED', 'nobody waits for the window any more'));
    }
  }

  #start(key: string, set: OpenSet, samples: Uint32Array): StoredWindow {
    const abandoned = new AbortController();
    const reading = this.#read(set, samples, abandoned.signal);
    const window: StoredWindow = { key, abandoned, reading, userCount: 0 };
    this.#windows.set(key, window);
    reading.then(
      (ready) => {
        window.ready = ready;
        if (window.userCount === 0) this.#retire(window, ready);
      },
      () => this.#forget(window),
    );
    return window;
  }

  async #read(set: OpenSet, samples: Uint32Array, signal: AbortSignal): Promise<Place> {
    const plan = await this.#reader.plan(set, samples);
    const { windowBytes, readingBytes } = plan;
    const place = await this.#memory.admit(windowBytes, readingBytes, signal);
    try {
      await this.#reader.read(plan, this.#memory.at(place), signal);
      return place;
    } catch (err) {
      this.#memory.discard(place);
      throw err;
    } finally {
      this.#memory.give(readingBytes);
    }
  }

  #retire(window: StoredWindow, place: Place): void {
    this.#memory.retire(place, () => this.#forget(window));
  }

  #forget(window: StoredWindow): void {
    if (this.#windows.get(window.key) === window) this.#windows.delete(window.key);
  }
}

/** A window's key. */
export function windowKey(digest: string, samples: Uint32Array): string {
  return `${digest} ${createHash('sha256').update(samples).digest('hex')}`;
}
