/**
 * Who may answer which issue of a ticket. Pure.
 *
 * All workers of a teacher read the same queue, so that knowing a ticket proves nothing. A session *takes* an issue
 * by announcing it, if the coordinator lets the session have tickets of that teacher. Only the sessions that took an
 * issue may answer it or give it back, for as long as the ticket is wanted: late answers count. An issue that no
 * session has taken yet is open to all sessions that may take it, since an answer can arrive before the announcement.
 *
 * A worker that is *discredited* with a teacher loses all issues so far, and those that it takes before it is trusted
 * again: it may have computed them while it was faulty, and may send them long after. No such issue is overlooked:
 * the worker announces what it takes on the same stream as the answers that make it trusted again. Lost issues stay
 * lost, because a message may come to the worker a second time, two coordinators may have given the same number, and
 * an answer does not say when it was computed.
 */

/**
 * Issues of one ticket whose takers are remembered. A later issue pushes out the oldest, which is then open again to
 * all sessions that may take it.
 */
const REMEMBERED_ISSUES = 16;

/** Sessions that may take one issue: a message is delivered again only if a session stopped answering. */
const TAKERS_OF_ISSUE = 8;

/**
 * Greatest number of an issue. Announcements of greater numbers are ignored, so that they cannot use all numbers up.
 */
const GREATEST_ISSUE = 2 ** 31;

export interface TicketTaker {
  readonly workerId: string;
  /** Tells a worker's process from others of the same id. */
  readonly sessionKeyDigest: string;
  /** Whether the coordinator lets the session have tickets of the teacher (its identity), and trusts its answers. */
  mayTake(teacher: string): boolean;
}

/** One issue of a ticket. */
export interface TicketIssue {
  /** Digest of the ticket's content. */
  readonly id: string;
  readonly attempt: number;
  /** Identity, hex. */
  readonly teacher: string;
}

/** Numbers of issues of one teacher's tickets that one worker took and lost. */
interface Mark {
  /** The greatest number that the worker has taken. */
  taken: number;
  /** The greatest number that the worker has lost; undefined: it was never discredited. */
  lost: number | undefined;
}

export class TicketTakers {
  /** Keys of the sessions that took an issue: by ticket, then by issue. */
  readonly #takers = new Map<string, Map<number, Set<string>>>();
  /** By worker, then by teacher. Never removed: an old answer may arrive at any time. */
  readonly #marks = new Map<string, Map<string, Mark>>();

  /** The session takes the issue. @returns whether it may, and so may answer the issue from now on. */
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

  /** Whether the session's worker has lost the issue. */
  hasLost({ workerId }: TicketTaker, { attempt, teacher }: TicketIssue): boolean {
    return attempt <= (this.#marks.get(workerId)?.get(teacher)?.lost ?? 0);
  }

  /**
   * The worker is discredited with the teacher.
   *
   * @param lastIssue - the number of the last issue so far, of all tickets.
   * @returns the greatest number that the worker has lost: it cannot take the next issue unless that number
   *   is greater.
   */
  discredited(workerId: string, teacher: string, lastIssue: number): number {
    const mark = this.#mark(workerId, teacher);
    mark.lost = Math.max(mark.lost ?? 0, mark.taken, lastIssue);
    return mark.lost;
  }

  /**
   * The session announces that it has an issue, whether the ticket is wanted or not.
   *
   * @returns the greatest number that its worker has lost, if this issue is lost: it was lost before, or it is lost
   *   now because the worker is discredited and not trusted yet; undefined: the issue is not lost.
   */
  told(taker: TicketTaker, { attempt, teacher }: TicketIssue): number | undefined {
    const mayTake = taker.mayTake(teacher);
    const known = this.#marks.get(taker.workerId)?.get(teacher);
    // Nothing is remembered of a worker that may not take such tickets and was never discredited.
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
