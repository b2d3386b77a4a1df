/**
 * Who may answer which issue of a ticket. Pure.
 *
 * A ticket travels on a queue that others read, so that to know it proves nothing. A session *takes* an issue by saying so,
 * if the coordinator lets it have tickets of that teacher. Only the sessions that took an issue may answer it or give
 * it back, for as long as the ticket is wanted: late answers count. An issue that no session has taken yet is open to
 * all that may take it, since an answer can overtake the word that it was taken.
 *
 * A worker that is *discredited* with a teacher loses all issues so far, and those that it takes before it is trusted
 * again: it may have computed them with what was wrong, and send them long after. It tells on one stream what it takes and
 * what makes it trusted, so that none of them is missed.
 */

/** Issues of one ticket whose takers are remembered: later ones push out the first, whose answers are unwanted then. */
const REMEMBERED_ISSUES = 16;

/** Sessions that took one issue; a message is delivered again only where a session stopped answering. */
const TAKERS_OF_ISSUE = 8;

export interface TicketTaker {
  readonly workerId: string;
  /** Tells a worker's process from others of the same id. */
  readonly sessionKeyDigest: string;
  /** Whether the coordinator has let it have tickets of the teacher, by identity, and trusts what it answers. */
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

/** What a worker has lost of one teacher's. */
interface Loss {
  /** How often it was discredited. */
  readonly count: number;
  /** The last issue that it has lost. */
  readonly attempt: number;
}

const NO_LOSS: Loss = { count: 0, attempt: 0 };

export class TicketTakers {
  /** Keys of sessions, by issue, by ticket. */
  readonly #takers = new Map<string, Map<number, Set<string>>>();
  /** By worker, then by teacher. */
  readonly #losses = new Map<string, Map<string, Loss>>();

  /** The session takes the issue. @returns whether it may: then the issue is its own from now on. */
  take(taker: TicketTaker, { id, attempt, teacher }: TicketIssue): boolean {
    if (!taker.mayTake(teacher)) return false;
    const key = this.#keyOf(taker, teacher);
    const issues = this.#takers.get(id) ?? new Map<number, Set<string>>();
    this.#takers.set(id, issues);
    const takers = issues.get(attempt) ?? new Set<string>();
    issues.set(attempt, takers);
    if (takers.size < TAKERS_OF_ISSUE) takers.add(key);
    // The map keeps the order in which issues were taken.
    const [oldest] = issues.keys();
    if (issues.size > REMEMBERED_ISSUES && oldest !== undefined) issues.delete(oldest);
    return takers.has(key);
  }

  /** Whether the session may answer the issue, or give it back. */
  holds(taker: TicketTaker, issue: TicketIssue): boolean {
    const { id, attempt, teacher } = issue;
    if (!taker.mayTake(teacher) || this.hasLost(taker, issue)) return false;
    const takers = this.#takers.get(id)?.get(attempt);
    return takers === undefined || takers.has(this.#keyOf(taker, teacher));
  }

  /** Whether the issue is one of those that the session's worker has lost. What it takes once it is trusted again it has. */
  hasLost(taker: TicketTaker, { id, attempt, teacher }: TicketIssue): boolean {
    const takers = this.#takers.get(id)?.get(attempt);
    if (takers?.has(this.#keyOf(taker, teacher)) === true) return false;
    return attempt <= this.#lossOf(taker.workerId, teacher).attempt;
  }

  /** The worker is discredited with the teacher. @param attempt - the last issue so far, of all tickets. */
  discredited(workerId: string, teacher: string, attempt: number): void {
    const { count } = this.#lossOf(workerId, teacher);
    const losses = this.#losses.get(workerId) ?? new Map<string, Loss>();
    this.#losses.set(workerId, losses.set(teacher, { count: count + 1, attempt }));
  }

  /** The session says that it has an issue that it may not take. @returns whether a discredited worker loses it thereby. */
  strayed({ workerId }: TicketTaker, { attempt, teacher }: TicketIssue): boolean {
    const losses = this.#losses.get(workerId);
    const before = losses?.get(teacher);
    if (losses === undefined || before === undefined) return false;
    losses.set(teacher, { ...before, attempt: Math.max(before.attempt, attempt) });
    return true;
  }

  /** The ticket is not wanted any more. */
  forget(id: string): void {
    this.#takers.delete(id);
  }

  #lossOf(workerId: string, teacher: string): Loss {
    return this.#losses.get(workerId)?.get(teacher) ?? NO_LOSS;
  }

  /** Another one each time that it is discredited: what it took before is not its own any more. */
  #keyOf({ workerId, sessionKeyDigest }: TicketTaker, teacher: string): string {
    return `${workerId} ${sessionKeyDigest} ${this.#lossOf(workerId, teacher).count}`;
  }
}
