/** Reads of a set in shards that wait for its objects' servers, and why: the run's user is told, as long as it is so. */
import { toLyceumError } from '@lyceum/proto';
import { type Patience, patiently, troubleOf } from '../session/index.js';

export class AwaitedPictures {
  readonly #onChange: () => void;
  /** Why each waiting read failed last; the longest waiting first. */
  readonly #reasons = new Map<symbol, string>();

  /** @param onChange - called when {@link reason} is another. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Why the read waits that has waited longest; undefined: none does. */
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
