/**
 * The desired state of one worker, pushed whole whenever it changes, under a rising revision. States that
 * come while one is being written replace one another: only the last is sent.
 */
export class DesiredState<M extends { revision: number }> {
  readonly #send: (message: M) => Promise<void>;
  #state: Omit<M, 'revision'> | undefined;
  #text: string | undefined;
  #next: Omit<M, 'revision'> | undefined;
  #sending = false;
  /** Revision of the last state that was sent; 0: none was. */
  #revision = 0;

  constructor(send: (message: M) => Promise<void>) {
    this.#send = send;
  }

  /**
   * Says what the state should be; nothing is sent if that is what it was.
   *
   * @param state - unchanged from here on: the same object again is the same state.
   */
  set(state: Omit<M, 'revision'>): void {
    if (state === this.#state) return;
    this.#state = state;
    const text = JSON.stringify(state);
    if (text === this.#text) return;
    this.#text = text;
    this.#next = state;
    if (!this.#sending) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#sending = true;
    try {
      for (let state = this.#next; state !== undefined; state = this.#next) {
        this.#next = undefined;
        this.#revision++;
        await this.#send({ ...state, revision: this.#revision } as M);
      }
    } catch {
      // The session is over; the next one is told everything anew.
    } finally {
      this.#sending = false;
    }
  }
}
