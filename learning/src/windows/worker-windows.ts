/**
 * The windows of a worker: their thread is started with the first set in shards, as most workers never see one. What keeps
 * a set's pictures from being read, and only a person can put right, is an {@link UnreadableSetError} here.
 */
import {
  type ErrorCode,
  type LyceumError,
  StorageFullError,
  toLyceumError,
  UnreadableSetError,
} from '@lyceum/proto';
import { openWindows, type Window, type WindowSettings, type Windows } from './windows.js';

/** A server that is away, the worker's end, and a bug. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
]);

/**
 * A window takes one part in so many of the memory for pictures: one in hand and one ahead leave room for what is read.
 * By default a window holds a whole span, so that no chunk is read for two windows.
 */
const WINDOWS_IN_MEMORY = 4;

export class WorkerWindows {
  /** Decoded pictures of a window, at most, as long as one batch or inference allows. */
  readonly windowBytes: number;
  /** Resolves with the reason if their thread dies by itself; the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #start: () => Windows;
  #die: (reason: Error) => void = () => {};
  #windows: Windows | undefined;
  /** Sets that are open, by digest. */
  readonly #open = new Map<string, Promise<void>>();

  /**
   * @param start - starts the thread.
   * @param memoryBytes - what pictures may take of memory.
   */
  constructor(start: () => Windows, memoryBytes: number) {
    this.#start = start;
    this.windowBytes = Math.floor(memoryBytes / WINDOWS_IN_MEMORY);
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  static of(settings: WindowSettings): WorkerWindows {
    return new WorkerWindows(() => openWindows(settings), settings.memoryBytes);
  }

  /**
   * Before a set's pictures are asked for; again and again costs nothing.
   *
   * @param set - with its manifest, verified.
   */
  async open(set: { readonly digest: string; readonly file: string }): Promise<void> {
    const { digest } = set;
    const known = this.#open.get(digest) ?? readable(this.#thread().open(set));
    this.#open.set(digest, known);
    known.catch(() => this.#open.delete(digest));
    await known;
  }

  /** Pictures of a set that is open, once they are in memory. Release it. */
  window(digest: string, samples: Uint32Array, signal?: AbortSignal): Promise<Window> {
    return readable(this.#thread().window(digest, samples, signal));
  }

  /** The window of these samples will be asked for. */
  fetchAhead(digest: string, samples: Uint32Array): void {
    this.#thread().fetchAhead(digest, samples);
  }

  /** Takes {@link fetchAhead} back. */
  forget(digest: string, samples: Uint32Array): void {
    this.#windows?.forget(digest, samples);
  }

  /** Closes all sets but these, and forgets what was to be asked for of them. */
  keepSets(digests: readonly string[]): void {
    for (const digest of this.#open.keys())
      if (!digests.includes(digest)) this.#open.delete(digest);
    this.#windows?.keepSets(digests);
  }

  async close(): Promise<void> {
    await this.#windows?.close();
  }

  #thread(): Windows {
    if (this.#windows === undefined) {
      this.#windows = this.#start();
      void this.#windows.died.then(this.#die);
    }
    return this.#windows;
  }
}

async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (thrown) {
    const err: LyceumError = toLyceumError(thrown);
    if (PASSING.has(err.code) || err instanceof StorageFullError) throw err;
    throw new UnreadableSetError(err.message, { cause: err });
  }
}
