/**
 * Who may answer which issue of a ticket. Pure.
 *
 * A ticket travels on a queue that others read, so that to know it proves nothing. A session *takes* an issue by saying so,
 * if the coordinator lets it have tickets of that teacher. Only the sessions that took an issue may answer it or give
 * it back, for as long as the ticket is wanted: late answers count. An issue that no session has taken yet is open to
 * all that may take it, since an answer can overtake the word that it was taken.
 */

/** Issues of one ticket whose takers are remembered: later ones push out the first, whose answers are unwanted then. */
const REMEMBERED_ISSUES = 16;

/** Sessions that took one issue; a message is delivered again only where a session stopped answering. */
const TAKERS_OF_ISSUE = 8;

export interface TicketTaker {
  readonly workerId: string;
  /** Tells a worker's process from others of the same id. */
  readonly sessionKeyDigest: string;
  /** Whether the coordinator has let it have tickets of the teacher, by identity, and it is not quarantined with it. */
  mayTake(teacher: string): boolean;
}

/** The issue of a ticket. */
export interface TicketIssue {
  /** Digest of the ticket's content. */
  readonly id: string;
  readonly attempt: number;
  /** Identity, hex. */
  readonly teacher: string;
}

export class TicketTakers {
  /** Keys of sessions, by issue, by ticket. */
  readonly #takers = new Map<string, Map<number, Set<string>>>();

  /** The session takes the issue. @returns whether it may: then the issue is its own from now on. */
  take(taker: TicketTaker, { id, attempt, teacher }: TicketIssue): boolean {
    if (!taker.mayTake(teacher)) return false;
    const issues = this.#takers.get(id) ?? new Map<number, Set<string>>();
    this.#takers.set(id, issues);
    const takers = issues.get(attempt) ?? new Set<string>();
    issues.set(attempt, takers);
    if (takers.size < TAKERS_OF_ISSUE) takers.add(keyOf(taker));
    // The map keeps the order in which issues were taken.
    const [oldest] = issues.keys();
    if (issues.size > REMEMBERED_ISSUES && oldest !== undefined) issues.delete(oldest);
    return takers.has(keyOf(taker));
  }

  /** Whether the session may answer the issue, or give it back. */
  holds(taker: TicketTaker, { id, attempt, teacher }: TicketIssue): boolean {
    if (!taker.mayTake(teacher)) return false;
    const takers = this.#takers.get(id)?.get(attempt);
    return takers === undefined || takers.size === 0 || takers.has(keyOf(taker));
  }

  /** The ticket is not wanted any more. */
  forget(id: string): void {
    this.#takers.delete(id);
  }
}

function keyOf({ workerId, sessionKeyDigest }: TicketTaker): string {
  return `${workerId} ${sessionKeyDigest}`;
}
