/** Work that several callers wait for. It is abandoned once none waits any more. */
import { LyceumError } from '@lyceum/proto';

export class SharedWork<T> {
  readonly #result: Promise<T>;
  readonly #abandoned = new AbortController();
  #waiting = 0;
  #isOver = false;

  /** @param work - must end soon after its signal aborts. */
  constructor(work: (abandoned: AbortSignal) => Promise<T>) {
    this.#result = work(this.#abandoned.signal).finally(() => {
      this.#isOver = true;
    });
    this.#result.catch(() => undefined);
  }

  /** True once the work was abandoned: a new caller must start it anew. */
  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** @throws {LyceumError} CANCELLED once `signal` aborts, and whatever the work throws. */
  async wait(signal?: AbortSignal): Promise<T> {
    this.#waiting++;
    let leave = (): void => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new LyceumError('CANCELLED', 'not waited for any more'));
    });
    if (signal?.aborted === true) leave();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.#result, left]);
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#waiting--;
      if (this.#waiting === 0 && !this.#isOver) this.#abandoned.abort();
    }
  }
}
