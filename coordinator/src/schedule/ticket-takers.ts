/**
 * Who may answer which issue of a ticket. Pure.
 *
 * A ticket travels on a queue that others read, so that to know it proves nothing. A session *takes* an issue by saying so,
 * if the coordinator lets it have tickets of that teacher. Only the sessions that took an issue may answer it or give
 * it back, for as long as the ticket is wanted: late answers count. An issue that no session has taken yet is open to
 * all that may take it, since an answer can overtake the word that it was taken.
 *
 * A worker that is *discredited* with a teacher loses all issues so far, and those that it takes before it is trusted
 * again: it may have computed them with what was wrong, and send them long after. None of them is missed: the worker
 * says on the same stream what it takes and what makes it trusted again. Lost issues stay lost. A message may come to
 * the worker a second time, two coordinators may have given one number, and an answer does not say when it was
 * computed.
 */

/** Issues of one ticket whose takers are remembered: later ones push out the first, whose answers are unwanted then. */
const REMEMBERED_ISSUES = 16;

/** Sessions that took one issue; a message is delivered again only where a session stopped answering. */
const TAKERS_OF_ISSUE = 8;

/** No issue has a greater number: what a worker says that it took must not use all numbers up. */
const GREATEST_ISSUE = 2 ** 31;

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

/** Numbers of issues of one teacher's tickets, as far as a worker is concerned. */
interface Mark {
  /** The greatest that it has taken. */
  taken: number;
  /** The last that it has lost; undefined: it was never discredited. */
  lost: number | undefined;
}

export class TicketTakers {
  /** Keys of sessions, by issue, by ticket. */
  readonly #takers = new Map<string, Map<number, Set<string>>>();
  /** By worker, then by teacher. Of all that were ever here: an answer may be under way for any time. */
  readonly #marks = new Map<string, Map<string, Mark>>();

  /** The session takes the issue. @returns whether it may: then the issue is its own from now on. */
  take(taker: TicketTaker, issue: TicketIssue): boolean {
    const { id, attempt, teacher } = issue;
    if (!taker.mayTake(teacher) || this.hasLost(taker, issue)) return false;
    const key = keyOf(taker);
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
    return takers === undefined || takers.has(keyOf(taker));
  }

  /** Whether the issue is one of those that the session's worker has lost. */
  hasLost({ workerId }: TicketTaker, { attempt, teacher }: TicketIssue): boolean {
    return attempt <= (this.#marks.get(workerId)?.get(teacher)?.lost ?? 0);
  }

  /**
   * The worker is discredited with the teacher.
   *
   * @param lastIssue - the number of the last issue so far, of all tickets.
   * @returns the greatest number that it has lost: the next issue must have a greater one, or it could not take any.
   */
  discredited(workerId: string, teacher: string, lastIssue: number): number {
    const mark = this.#mark(workerId, teacher);
    mark.lost = Math.max(mark.lost ?? 0, mark.taken, lastIssue);
    return mark.lost;
  }

  /**
   * The session says that it has an issue, wanted or not.
   *
   * @returns the greatest number that its worker has lost, if it has lost this one or loses it thereby, as one that is
   *   discredited and not trusted yet; undefined: it has not.
   */
  told(taker: TicketTaker, { attempt, teacher }: TicketIssue): number | undefined {
    const mayTake = taker.mayTake(teacher);
    const known = this.#marks.get(taker.workerId)?.get(teacher);
    // Nothing is remembered of one that was never let have any.
    if ((!mayTake && known?.lost === undefined) || attempt > GREATEST_ISSUE) return undefined;
    const mark = this.#mark(taker.workerId, teacher);
    if (mayTake) mark.taken = Math.max(mark.taken, attempt);
    else mark.lost = Math.max(mark.lost ?? 0, attempt);
    return attempt <= (mark.lost ?? 0) ? mark.lost : undefined;
  }

  /** The ticket is not wanted any more. */
  forget(id: string): void {
    this.#takers.delete(id);
  }

  #mark(workerId: string, teacher: string): Mark {
    const marks = this.#marks.get(workerId) ?? new Map<string, Mark>();
    this.#marks.set(workerId, marks);
    const mark = marks.get(teacher) ?? { taken: 0, lost: undefined };
    marks.set(teacher, mark);
    return mark;
  }
}

function keyOf({ workerId, sessionKeyDigest }: TicketTaker): string {
  return `${workerId} ${sessionKeyDigest}`;
}
