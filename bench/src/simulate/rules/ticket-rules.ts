/**
 * Promises about asks and tickets, checked from outside. The rules see every event and action, keep their own account
 * of askers and of each ticket's last issue, and throw a {@link Violation} if an action breaks a promise.
 */
import type { AskAction } from '@lyceum/coordinator/asks';
import {
  PROBE_AFTER_MS,
  TICKET_FAILURE_LIMIT,
  type TicketBook,
  UNHELD_PROBE_MS,
} from '@lyceum/coordinator/schedule';
import { Violation } from './violation.js';

/** Interval at which the book is told the time, ms. */
export const TICK_MS = 200;

/** Within this number of ticks the book must look whether a ticket on the queue was delivered. */
const UNHELD_TICKS = UNHELD_PROBE_MS / TICK_MS + 10;

interface Issue {
  readonly teacher: string;
  readonly attempt: number;
  /** Number of the issue's message, once the message is known to be on the queue. */
  sequence: number | undefined;
  publishedAtMs: number;
  /** Whether a worker reported that it holds the ticket. */
  taken: boolean;
  /** Ticks on the queue since the book last looked at the teacher's deliveries. */
  unseenTicks: number;
}

export class TicketRules {
  readonly #book: TicketBook;
  /** Askers that have got no result yet, by ask. */
  readonly #askers = new Map<string, Set<string>>();
  /** The last issue of each ticket, if one is under way. */
  readonly #issues = new Map<string, Issue>();
  /** Worker processes that reported to hold an issue of a ticket, by ticket and attempt. */
  readonly #takers = new Map<string, Set<string>>();
  readonly #failureCounts = new Map<string, number>();
  readonly #probeDueMs = new Map<string, number>();

  constructor(book: TicketBook) {
    this.#book = book;
  }

  asked(askerId: string, askId: string): void {
    this.#askers.set(askId, (this.#askers.get(askId) ?? new Set()).add(askerId));
  }

  withdrawn(askerId: string, askId: string): void {
    this.#leave(askerId, askId);
  }

  /** The asker is told that its ask is satisfied, or never will be. */
  told(askerId: string, askId: string): void {
    if (this.#leave(askerId, askId)) return;
    throw new Violation('told', `${askerId} is told of ${askId}, but does not ask for it`);
  }

  /** Rows of an answer of a worker process are about to be stored. */
  answers(id: string, attempt: number, taker: string): void {
    if (!this.#askers.has(id)) {
      throw new Violation('unwanted', `an answer to ${id} is stored, but nobody asks for it`);
    }
    const takers = this.#takers.get(`${id}/${attempt}`);
    if (takers === undefined || takers.has(taker)) return;
    throw new Violation('hands', `${taker} answers ticket ${id}, but others hold it`);
  }

  issued(id: string, teacher: string, attempt: number): void {
    if (!this.#askers.has(id)) {
      throw new Violation('leak', `ticket ${id} is issued, but nobody asks for it`);
    }
    this.#issues.set(id, {
      teacher,
      attempt,
      sequence: undefined,
      publishedAtMs: 0,
      taken: false,
      unseenTicks: 0,
    });
  }

  published(id: string, attempt: number, sequence: number, nowMs: number): void {
    const issue = this.#issues.get(id);
    if (issue?.attempt !== attempt) return;
    issue.sequence = sequence;
    issue.publishedAtMs = nowMs;
  }

  taken(id: string, attempt: number, taker: string): void {
    const issue = this.#issues.get(id);
    if (issue?.attempt === attempt) issue.taken = true;
    // A worker may report a message of an earlier coordinator before this coordinator has issued or wanted the ticket.
    if (!this.#book.isWanted(id)) return;
    const key = `${id}/${attempt}`;
    this.#takers.set(key, (this.#takers.get(key) ?? new Set()).add(taker));
  }

  /** A worker answered wrongly, or refused the ticket as wrong. */
  foundWrong(id: string): void {
    this.#failureCounts.set(id, (this.#failureCounts.get(id) ?? 0) + 1);
  }

  removed(sequence: number): void {
    for (const [id, issue] of this.#issues)
      if (issue.sequence === sequence) this.#issues.delete(id);
  }

  /** The queue is lost. Call this after the book was told and its actions were carried out. */
  queueLost(): void {
    for (const [id, issue] of this.#issues) {
      if (issue.taken) issue.sequence = undefined;
      if (issue.sequence === undefined) continue;
      const message = `ticket ${id} was on the lost queue and still counts as there`;
      throw new Violation('queue lost', message);
    }
  }

  failed(id: string): void {
    const count = this.#failureCounts.get(id) ?? 0;
    if (count >= TICKET_FAILURE_LIMIT) return;
    throw new Violation('failure limit', `ticket ${id} was given up after ${count} failures`);
  }

  /** An asker has withdrawn: the ticket may stay only if others ask for it. */
  confirmForgotten(id: string): void {
    if (!this.#askers.has(id) || !this.#book.isWanted(id)) this.forgotten(id);
  }

  /** Nobody asks for the ticket any more: its message must be removed, so that no worker wastes time on it. */
  forgotten(id: string): void {
    if (this.#book.isWanted(id)) {
      throw new Violation('forgotten', `ticket ${id} is settled, but still wanted`);
    }
    const issue = this.#issues.get(id);
    this.#issues.delete(id);
    this.#failureCounts.delete(id);
    for (const key of this.#takers.keys()) if (key.startsWith(`${id}/`)) this.#takers.delete(key);
    if (issue?.sequence === undefined || issue.taken) return;
    throw new Violation(
      'forgotten',
      `message ${issue.sequence} of unwanted ticket ${id} was not removed`,
    );
  }

  sessionEnded(workerId: string, teachers: Iterable<string>, nowMs: number): void {
    for (const teacher of teachers) this.#probeDueMs.set(teacher, nowMs + PROBE_AFTER_MS);
    const count = this.#book.inHandCount(workerId);
    if (count === 0) return;
    throw new Violation(
      'session end',
      `worker ${workerId} is gone, but still holds ${count} tickets`,
    );
  }

  /** A message was delivered. Call this after the book was told and its actions were carried out. */
  delivered(teacher: string, sequence: number, nowMs: number): void {
    for (const [id, issue] of this.#issues) {
      if (issue.teacher !== teacher || issue.sequence === undefined || issue.taken) continue;
      if (issue.sequence > sequence || nowMs - issue.publishedAtMs < PROBE_AFTER_MS) continue;
      throw new Violation('probe', `ticket ${id} was delivered to nobody and not issued again`);
    }
  }

  ticked(actions: readonly AskAction[], nowMs: number): void {
    const probed = new Set(actions.flatMap((e) => (e.kind === 'probe' ? [e.teacher] : [])));
    for (const teacher of probed) this.#probeDueMs.delete(teacher);
    for (const [teacher, atMs] of this.#probeDueMs) {
      if (atMs > nowMs) continue;
      throw new Violation(
        'probe',
        `the queue of ${teacher} was not looked at after a session's end`,
      );
    }
    for (const [id, issue] of this.#issues) {
      if (issue.sequence === undefined || issue.taken || probed.has(issue.teacher)) {
        issue.unseenTicks = 0;
      } else if (++issue.unseenTicks > UNHELD_TICKS) {
        throw new Violation('probe', `ticket ${id} is on its queue, and nobody looks`);
      }
    }
  }

  /** An asker leaves an ask. @returns whether the asker did ask. */
  #leave(askerId: string, askId: string): boolean {
    const askers = this.#askers.get(askId);
    const didAsk = askers?.delete(askerId) === true;
    if (askers?.size === 0) this.#askers.delete(askId);
    return didAsk;
  }
}
