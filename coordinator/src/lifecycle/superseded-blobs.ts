/**
 * Deletes checkpoints that no pointer names any more, in the background. Workers delete nothing in the blob store.
 *
 * A worker may have committed a blob that others use too. So nothing is deleted that a record, a pointer or a name
 * refers to at that moment.
 */
import { type Logger, sleep } from '@lyceum/platform';
import { deleteUnreferred, type ReferringParts } from './unreferred-blobs.js';

/** After each search for references, pause for so many times its duration, to put little load on NATS. */
const PAUSE_FACTOR = 10;
const PAUSE_MAX_MS = 2_000;

export interface SupersededBlobsParts extends ReferringParts {
  readonly log: Logger;
}

export class SupersededBlobs {
  readonly #parts: SupersededBlobsParts;
  readonly #waiting = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;

  constructor(parts: SupersededBlobsParts) {
    this.#parts = parts;
  }

  /** No pointer names these blobs any more: they may be deleted. */
  add(digests: readonly string[]): void {
    for (const digest of digests) this.#waiting.add(digest);
    if (!this.#isLooking && this.#waiting.size > 0) void this.#lookOn();
  }

  /** Deletes the blobs that wait now. Never rejects. */
  settled(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #lookOn(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiting.size > 0) {
      const startedAt = performance.now();
      await this.settled();
      await sleep(Math.min(PAUSE_FACTOR * (performance.now() - startedAt), PAUSE_MAX_MS));
    }
    this.#isLooking = false;
  }

  async #look(): Promise<void> {
    const digests = [...this.#waiting];
    this.#waiting.clear();
    if (digests.length > 0) await deleteUnreferred(this.#parts, digests);
  }
}
