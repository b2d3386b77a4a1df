/**
 * Windows onto sets in shards: decoded samples in memory that all threads of the process share. A thread of its own
 * reads, verifies and decodes, so that computing threads do no input or output.
 *
 * One budget of memory holds for all windows together. A window that does not fit waits until others are released:
 * release the window that you have before you wait for another.
 */
import { Worker } from 'node:worker_threads';
import type { Logger } from '@lyceum/platform';
import { Thread, type ThreadDeathError } from '@lyceum/platform/threads';
import { LyceumError } from '@lyceum/proto';
import { Counters, type Counts } from './pieces/index.js';
import type { PictureCalls, PictureNews, PictureRoomSettings, SetFile } from './window-calls.js';

export interface WindowSettings extends Omit<PictureRoomSettings, 'counters'> {
  readonly log: Logger;
}

/** Pictures of some samples. Its arrays may be sent to threads, which share them. */
export interface Window {
  /** Indices into the set, in the order that was asked for. */
  readonly samples: Uint32Array;
  /**
   * [samples, height, width, channels], in a SharedArrayBuffer that holds other windows too. Do not write to it: the
   * same window may have other users.
   */
  readonly inputs: Uint8Array;
  /** Releases the window: `inputs` may be overwritten at any moment after that. May be called again. */
  release(): void;
}

export interface WindowCounts extends Counts {
  /** Time spent waiting for windows, summed over all users. */
  readonly waitingSeconds: number;
}

/** Starts the thread that reads and decodes. {@link Windows.close} ends it. */
export function openWindows({ log, ...settings }: WindowSettings): Windows {
  const counters = new Counters();
  const workerData: PictureRoomSettings = { ...settings, counters: counters.shared };
  // The built file, seen from src/ and from dist/ alike: Node cannot run the source.
  const file = new URL('../../dist/windows/picture-thread.js', import.meta.url);
  const here: PictureNews = { warn: (fields, message) => log.warn(fields, message) };
  const worker = new Worker(file, { workerData });
  return new Windows(new Thread(worker, { name: 'the picture thread', here }), counters);
}

export class Windows {
  /** Resolves if the thread ends by itself; then no window can be read any more. */
  readonly died: Promise<ThreadDeathError>;
  readonly #thread: Thread<PictureCalls>;
  readonly #counters: Counters;
  #lastUse = 0;
  #waitingSeconds = 0;

  /** See {@link openWindows}. */
  constructor(thread: Thread<PictureCalls>, counters: Counters) {
    this.#thread = thread;
    this.#counters = counters;
    this.died = thread.died;
  }

  /**
   * Reads a set's manifest and checks that this program decodes the canary to the right pixels. Done once for a set;
   * after a failure the next call tries again.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if it decodes differently; as {@link window} does; as
   *   `parseStoredDataset` does.
   */
  async open({ digest, file }: SetFile): Promise<void> {
    await this.#thread.call('open', { digest, file });
  }

  /**
   * Equal lists of samples share one window.
   *
   * @param digest - of an open set.
   * @param samples - indices into it.
   * @throws {LyceumError} as objects' servers say, naming the object; FAILED_PRECONDITION for a picture with other
   *   bytes than were registered; INVALID_ARGUMENT for a picture that cannot be decoded; RESOURCE_EXHAUSTED if the
   *   window never fits the budget; CANCELLED once the signal aborts; `ThreadDeathError`.
   */
  async window(digest: string, samples: Uint32Array, signal?: AbortSignal): Promise<Window> {
    const id = ++this.#lastUse;
    const release = (): void => this.#thread.tell('release', id);
    const since = performance.now();
    try {
      const inputs = await unless(signal, this.#thread.call('take', id, digest, samples), release);
      return { samples, inputs, release };
    } finally {
      this.#waitingSeconds += (performance.now() - since) / 1000;
    }
  }

  /**
   * Brings the encoded pictures into the disk cache, where they stay until the window is read or {@link forget} is
   * called.
   */
  fetchAhead(digest: string, samples: Uint32Array): void {
    this.#thread.tell('fetchAhead', digest, samples);
  }

  /** Takes a {@link fetchAhead} back: the window will not be asked for. */
  forget(digest: string, samples: Uint32Array): void {
    this.#thread.tell('forget', digest, samples);
  }

  /** Closes all other sets, and forgets what was to be fetched ahead for them. */
  keepSets(digests: readonly string[]): void {
    this.#thread.tell('keepSets', digests);
  }

  counters(): WindowCounts {
    return { ...this.#counters.read(), waitingSeconds: this.#waitingSeconds };
  }

  /** Ends the thread at once. */
  async close(): Promise<void> {
    await this.#thread.close();
  }
}

/** Waits for the promise. Once the signal aborts: throws CANCELLED, after `leave` was called. */
async function unless<T>(
  signal: AbortSignal | undefined,
  promised: Promise<T>,
  leave: () => void,
): Promise<T> {
  if (signal === undefined) return promised;
  let cancel = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => {
      leave();
      reject(new LyceumError('CANCELLED', 'the window is not waited for any more'));
    };
  });
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([promised, cancelled]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
