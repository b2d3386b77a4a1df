/** Reads of pictures that wait for the servers of a set in shards, and why: the run's user sees that for as long. */
import { toLyceumError } from '@lyceum/proto';
import { type Patience, patiently, troubleOf } from '../session/index.js';

export class AwaitedPictures {
  readonly #onChange: () => void;
  /** The last failure of each waiting read; the read that waits longest first. */
  readonly #reasons = new Map<symbol, string>();

  /** @param onChange - called when {@link reason} has changed. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Why the read that has waited longest waits; undefined: none waits. */
  get reason(): string | undefined {
    return this.#reasons.values().next().value;
  }

  /** Reads as {@link patiently} does. */
  async read<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
    const read = Symbol();
    try {
      return await patiently('pictures', patience, async () => {
        try {
          return await attempt();
        } catch (thrown) {
          const err = toLyceumError(thrown);
          if (troubleOf(err) === 'wait' && !patience.signal.aborted) {
            this.#change(() => this.#reasons.set(read, err.message));
          }
          throw thrown;
        }
      });
    } finally {
      this.#change(() => this.#reasons.delete(read));
    }
  }

  #change(change: () => void): void {
    const before = this.reason;
    change();
    if (this.reason !== before) this.#onChange();
  }
}
