/**
 * The tickets of all runs: which are wanted, and which of them an event concerns.
 *
 * A state machine without clock or network: events in (with the time in milliseconds), effects out. What
 * holds throughout:
 *
 * - equal wants share one ticket, even of several runs; the ticket lives as long as an owner wants it;
 * - a wanted ticket is being published, on its queue, in a worker's hands, or waits for its next issue;
 * - the coordinator owns retries: a ticket in the hands of a worker whose session ended is issued again at
 *   once, under the next attempt, and the old message is removed;
 * - an answer settles a ticket, whichever worker gives it and for whichever attempt.
 */
import type { Ticket } from '@lyceum/proto';
import { OpenTicket, PROBE_AFTER_MS, type TicketEffect } from './open-ticket.js';

/** How long a ticket lies on a teacher's queue before that queue is probed, even if no session ended. */
export const UNHELD_PROBE_MS = 30_000;

export class TicketBook {
  readonly #tickets = new Map<string, OpenTicket>();
  /** When to probe a teacher's queue, by the teacher's identity. */
  readonly #probeAtMs = new Map<string, number>();
  /**
   * Issues so far, of all tickets: an issue's number is its attempt. A ticket that is forgotten and wanted
   * again must not repeat a number, or its message would be dropped as a duplicate.
   */
  #issueCount = 0;

  /** `owner` wants the ticket; wanting it again changes nothing. `id` is the digest of the ticket's content. */
  want(owner: string, id: string, content: Ticket, teacher: string): TicketEffect[] {
    const known = this.#tickets.get(id);
    const ticket = known ?? new OpenTicket(id, content, teacher, () => ++this.#issueCount);
    ticket.owners.add(owner);
    this.#tickets.set(id, ticket);
    return known === undefined ? [ticket.publish()] : [];
  }

  /** `owner` no longer wants the ticket. A worker that has it in hand is told so with the receipt for its answer. */
  unwant(owner: string, id: string): TicketEffect[] {
    const ticket = this.#tickets.get(id);
    if (ticket === undefined || !ticket.owners.delete(owner) || ticket.owners.size > 0) return [];
    return this.#forget(ticket);
  }

  /** An issue is on the queue, as message `sequence`. */
  published(id: string, attempt: number, sequence: number, nowMs: number): TicketEffect[] {
    const ticket = this.#lastIssue(id, attempt);
    ticket?.published(sequence, nowMs);
    return ticket === undefined ? [{ kind: 'remove', sequence }] : [];
  }

  /** An issue could not be put on the queue, or may not be there: the ticket is issued again later. */
  publishFailed(id: string, attempt: number, nowMs: number): void {
    this.#lastIssue(id, attempt)?.publishFailed(nowMs);
  }

  /** A worker has the ticket in hand. */
  taken(workerId: string, id: string, attempt: number, nowMs: number): void {
    this.#lastIssue(id, attempt)?.taken(workerId, nowMs);
  }

  /** A worker still works on the ticket: rows of its answer came. */
  progressed(id: string, nowMs: number): void {
    this.#tickets.get(id)?.progressed(nowMs);
  }

  /**
   * The worker's answer to the ticket does not count. Either the worker may not answer the ticket; or it has
   * answered, was told that the answer is not wanted, and so takes the message off the queue.
   */
  spent(workerId: string, id: string, attempt: number, nowMs: number): TicketEffect[] {
    return this.#lastIssue(id, attempt)?.spent(workerId, nowMs) ?? [];
  }

  /** A worker gave the ticket back. `retryable`: the ticket is not at fault. */
  returned(
    workerId: string,
    id: string,
    attempt: number,
    { reason, retryable }: { readonly reason: string; readonly retryable: boolean },
    nowMs: number,
  ): TicketEffect[] {
    const ticket = this.#lastIssue(id, attempt);
    // A worker may hand back a ticket that it had no time to announce, but not a ticket that another worker holds.
    if (ticket === undefined || (ticket.holder ?? workerId) !== workerId) return [];
    return retryable ? ticket.returned(reason, nowMs) : this.#failed(ticket, reason, nowMs);
  }

  /** What a worker sent is no valid answer to the ticket. */
  rejected(id: string, attempt: number, reason: string, nowMs: number): TicketEffect[] {
    const ticket = this.#lastIssue(id, attempt);
    return ticket === undefined ? [] : this.#failed(ticket, reason, nowMs);
  }

  /** All rows of the ticket's answer are stored. */
  answered(id: string): TicketEffect[] {
    const ticket = this.#tickets.get(id);
    if (ticket === undefined) return [];
    return [{ kind: 'satisfied', id, owners: [...ticket.owners] }, ...this.#forget(ticket)];
  }

  /** A worker's session ended; `teachers`: the teachers whose tickets it took. */
  sessionEnded(workerId: string, teachers: Iterable<string>, nowMs: number): TicketEffect[] {
    for (const teacher of teachers) this.#probeAtMs.set(teacher, nowMs + PROBE_AFTER_MS);
    return this.#open().flatMap((ticket) => ticket.sessionEnded(workerId, nowMs));
  }

  /** The worker's answers for a teacher are not trusted: the tickets in its hands are issued again. */
  discredited(workerId: string, teacher: string, nowMs: number): TicketEffect[] {
    return this.#open(teacher).flatMap((ticket) => ticket.discredited(workerId, nowMs));
  }

  /**
   * The queues are gone with all their messages, and sequence numbers begin anew. Tickets in workers' hands
   * stay there.
   */
  queueLost(nowMs: number): TicketEffect[] {
    return this.#open().flatMap((ticket) => ticket.queueLost(nowMs));
  }

  /** A teacher's queue has delivered every message up to `sequence`. */
  delivered(teacher: string, sequence: number, nowMs: number): TicketEffect[] {
    return this.#open(teacher).flatMap((ticket) => ticket.delivered(sequence, nowMs));
  }

  /** Time has passed. */
  tick(nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    for (const ticket of this.#tickets.values()) {
      effects.push(...ticket.tick(nowMs));
      if (ticket.isOnQueue && !this.#probeAtMs.has(ticket.teacher)) {
        this.#probeAtMs.set(ticket.teacher, nowMs + UNHELD_PROBE_MS);
      }
    }
    for (const [teacher, atMs] of this.#probeAtMs) {
      if (atMs > nowMs) continue;
      this.#probeAtMs.delete(teacher);
      effects.push({ kind: 'probe', teacher });
    }
    return effects;
  }

  /** True while a ticket of the teacher is open. */
  asksTeacher(teacher: string): boolean {
    return this.#open(teacher).length > 0;
  }

  isWanted(id: string): boolean {
    return this.#tickets.has(id);
  }

  /** True if the ticket was not issued again, withdrawn or answered since. */
  isLastIssue(id: string, attempt: number): boolean {
    return this.#lastIssue(id, attempt) !== undefined;
  }

  /** The number of the last issue so far; 0: none. */
  get lastIssueNumber(): number {
    return this.#issueCount;
  }

  /** Issues from now on have numbers after this one. */
  numberAfter(issue: number): void {
    this.#issueCount = Math.max(this.#issueCount, issue);
  }

  /** Tickets of the teacher that workers hand back again and again, with the reason. */
  troubled(teacher: string): { readonly id: string; readonly reason: string }[] {
    return this.#open(teacher).flatMap(({ id, trouble: reason }) =>
      reason === undefined ? [] : [{ id, reason }],
    );
  }

  /** How long ago the ticket's last issue came onto its queue; undefined: the ticket is not wanted. */
  ageMs(id: string, nowMs: number): number | undefined {
    return this.#tickets.get(id)?.ageMs(nowMs);
  }

  /** The worker that has the ticket in hand, as far as is known. */
  holderOf(id: string): string | undefined {
    return this.#tickets.get(id)?.holder;
  }

  inHandCount(workerId: string): number {
    return this.#open().filter(({ holder }) => holder === workerId).length;
  }

  get size(): number {
    return this.#tickets.size;
  }

  /** All tickets, or those of a teacher. */
  #open(teacher?: string): OpenTicket[] {
    const all = [...this.#tickets.values()];
    return teacher === undefined ? all : all.filter((ticket) => ticket.teacher === teacher);
  }

  /** The ticket, if `attempt` is its last issue. */
  #lastIssue(id: string, attempt: number): OpenTicket | undefined {
    const ticket = this.#tickets.get(id);
    return ticket?.attempt === attempt ? ticket : undefined;
  }

  #failed(ticket: OpenTicket, reason: string, nowMs: number): TicketEffect[] {
    const effects = ticket.failed(reason, nowMs);
    return ticket.isHopeless ? [...effects, ...this.#forget(ticket)] : effects;
  }

  #forget(ticket: OpenTicket): TicketEffect[] {
    this.#tickets.delete(ticket.id);
    return ticket.forgotten();
  }
}
