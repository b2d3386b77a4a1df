/**
 * Reads pictures of one assignment's set in shards into memory for the compute thread. A server that is away is waited
 * for; a failure that only a person can mend ends the training.
 */
import type { Window, WorkerWindows } from '@lyceum/learning/windows';
import { LyceumError } from '@lyceum/proto';
import type { PictureWindow, StudentPictures } from '../job/index.js';
import type { Patience } from '../session/index.js';
import type { AwaitedPictures } from './awaited-pictures.js';

export class TrainingPictures implements StudentPictures {
  readonly #windows: Pick<WorkerWindows, 'window' | 'fetchAhead' | 'keepSets'>;
  readonly #digest: string;
  readonly #patience: Patience;
  readonly #awaited: AwaitedPictures;
  readonly #open = new Map<number, Window>();
  #lastId = 0;

  /**
   * @param digest - of the set, which must be open.
   * @param patience - its signal aborts when nobody waits any more.
   * @param awaited - records what is waited for.
   */
  constructor(
    windows: Pick<WorkerWindows, 'window' | 'fetchAhead' | 'keepSets'>,
    digest: string,
    patience: Patience,
    awaited: AwaitedPictures,
  ) {
    this.#windows = windows;
    this.#digest = digest;
    this.#patience = patience;
    this.#awaited = awaited;
  }

  async openWindow(samples: Uint32Array): Promise<PictureWindow> {
    const { signal } = this.#patience;
    const window = await this.#awaited.read(this.#patience, () =>
      this.#windows.window(this.#digest, samples, signal),
    );
    if (signal.aborted) {
      window.release();
      throw new LyceumError('CANCELLED', 'pictures: given up');
    }
    const id = ++this.#lastId;
    this.#open.set(id, window);
    return { id, inputs: window.inputs };
  }

  closeWindow(id: number): void {
    this.#open.get(id)?.release();
    this.#open.delete(id);
  }

  fetchAhead(samples: Uint32Array): void {
    if (!this.#patience.signal.aborted) this.#windows.fetchAhead(this.#digest, samples);
  }

  /** The training is over. */
  close(): void {
    for (const window of this.#open.values()) window.release();
    this.#open.clear();
    this.#windows.keepSets([]);
  }
}
