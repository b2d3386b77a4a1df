/**
 * Writers of references to blobs, and deletions of blobs without references, take turns at each digest.
 *
 * References stand in records, pointers and names; blobs are in a store of their own. So no revision in NATS tells a
 * deletion that a reference was written after it looked. Turns prevent that: in its turn a deletion looks for
 * references, and a writer looks whether the blob is still there. The leading coordinator makes all these writes, so
 * turns are kept in its memory.
 */
import type { BlobStore } from '@lyceum/platform/nats';

export class BlobReferences {
  readonly #blobs: Pick<BlobStore, 'has' | 'delete'>;
  /** By digest: the end of the last turn. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(blobs: Pick<BlobStore, 'has' | 'delete'>) {
    this.#blobs = blobs;
  }

  /**
   * Waits for all earlier turns at these digests. `work` must not wait for another turn.
   *
   * @param digests - SHA-256, hex.
   */
  inTurn<T>(digests: Iterable<string>, work: () => Promise<T>): Promise<T> {
    const own = new Set(digests);
    // All at once: two calls that share digests cannot wait for each other.
    const before = Array.from(own, (digest) => this.#turns.get(digest));
    const done = Promise.all(before).then(work);
    const turn: Promise<void> = done
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        for (const digest of own) if (this.#turns.get(digest) === turn) this.#turns.delete(digest);
      });
    for (const digest of own) this.#turns.set(digest, turn);
    return done;
  }

  /**
   * Writes a reference to blobs that were stored before.
   *
   * @param digests - SHA-256, hex.
   * @param missing - is called in place of `write` if one of the blobs has been deleted meanwhile.
   */
  refer<T>(
    digests: readonly string[],
    write: () => Promise<T>,
    missing: (digest: string) => Promise<T>,
  ): Promise<T> {
    return this.inTurn(digests, async () => {
      for (const digest of digests) if (!(await this.#blobs.has(digest))) return missing(digest);
      return write();
    });
  }

  /**
   * Deletes blobs that nothing refers to.
   *
   * @param digests - SHA-256, hex.
   * @param referred - looks at all that refers to blobs.
   * @returns those that were deleted.
   */
  deleteUnless(
    digests: Iterable<string>,
    referred: () => Promise<ReadonlySet<string>>,
  ): Promise<string[]> {
    const own = [...new Set(digests)];
    return this.inTurn(own, async () => {
      const kept = own.length === 0 ? new Set(own) : await referred();
      const unreferred = own.filter((digest) => !kept.has(digest));
      for (const digest of unreferred) await this.#blobs.delete(digest);
      return unreferred;
    });
  }
}
