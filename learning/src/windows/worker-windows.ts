/**
 * The windows of a worker. Their thread starts with the first set in shards: most workers never see one. If a set's
 * pictures cannot be read until a person mends the cause, the error is an {@link UnreadableSetError}.
 */
import {
  type ErrorCode,
  type LyceumError,
  StorageFullError,
  toLyceumError,
  UnreadableSetError,
} from '@lyceum/proto';
import { openWindows, type Window, type WindowSettings, type Windows } from './windows.js';

/** Errors that pass by themselves, the worker's end, and bugs. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
]);

/**
 * A window takes this fraction (one in four) of the memory for pictures: with one in use and one ahead, there is room
 * left for reading.
 * By default a window holds a whole span, so that no chunk is read for two windows.
 */
const WINDOWS_IN_MEMORY = 4;

export class WorkerWindows {
  /** Greatest size of a window, decoded, unless a single batch or inference needs more. */
  readonly windowBytes: number;
  /** Resolves with the reason if the thread ends by itself: the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #start: () => Windows;
  #die: (reason: Error) => void = () => {};
  #windows: Windows | undefined;
  /** Sets that are open, by digest. */
  readonly #open = new Map<string, Promise<void>>();

  /**
   * @param start - starts the thread.
   * @param memoryBytes - memory for pictures.
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
   * Call it before you ask for a set's pictures. Repeated calls cost nothing.
   *
   * @param set - the set's digest, and its verified manifest.
   */
  async open(set: { readonly digest: string; readonly file: string }): Promise<void> {
    const { digest } = set;
    const known = this.#open.get(digest) ?? readable(this.#thread().open(set));
    this.#open.set(digest, known);
    known.catch(() => this.#open.delete(digest));
    await known;
  }

  /** Pictures of an open set, once they are in memory. Release the window. */
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

  /** Closes all other sets, and forgets windows that were announced for them. */
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
