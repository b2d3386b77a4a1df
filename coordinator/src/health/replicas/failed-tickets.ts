/** Tickets that failed in the hands of one replica, and how many of them others answered. Pure. */

/** Tickets that failed on one replica and not on another. One may be an accident of its host. */
export const PROVEN_FAILURE_LIMIT = 3;

/** Failed tickets of a replica that are remembered; those that never get an answer pause their runs. */
const REMEMBERED_COUNT = 64;

export class FailedTickets {
  /** Failed tickets that have no answer yet. */
  readonly #unanswered = new Set<string>();
  #provenCount = 0;

  /** How many of the failed tickets other replicas answered. */
  get provenCount(): number {
    return this.#provenCount;
  }

  add(ticketId: string): void {
    this.#unanswered.add(ticketId);
    const [oldest] = this.#unanswered;
    if (this.#unanswered.size > REMEMBERED_COUNT && oldest !== undefined) {
      this.#unanswered.delete(oldest);
    }
  }

  /** @param isOwn - by the replica itself. @returns whether it is now proven that the replica is to blame. */
  answered(ticketId: string, isOwn: boolean): boolean {
    if (!this.#unanswered.delete(ticketId) || isOwn) return false;
    this.#provenCount++;
    return this.#provenCount >= PROVEN_FAILURE_LIMIT;
  }

  clear(): void {
    this.#unanswered.clear();
    this.#provenCount = 0;
  }
}
