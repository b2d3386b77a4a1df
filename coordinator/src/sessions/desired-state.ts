/**
 * The desired state of one worker. Each change sends the whole state under the next revision. While a state is being
 * written, newer states replace one another: only the last is sent.
 */
export class DesiredState<M extends { revision: number }> {
  readonly #send: (message: M) => Promise<void>;
  #state: Omit<M, 'revision'> | undefined;
  #text: string | undefined;
  #next: Omit<M, 'revision'> | undefined;
  #sending = false;
  /** Revision of the last state that was sent; 0: no state was sent yet. */
  #revision = 0;

  constructor(send: (message: M) => Promise<void>) {
    this.#send = send;
  }

  /**
   * Sets the state, and sends it unless it is the same as before.
   *
   * @param state - must not be changed any more: the same object counts as the same state.
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
      // The session is over; the worker's next session gets the whole state.
    } finally {
      this.#sending = false;
    }
  }
}
