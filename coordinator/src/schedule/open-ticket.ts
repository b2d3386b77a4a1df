/**
 * One wanted ticket: where its last issue is, and when it is issued again.
 *
 * A state machine without clock or network: events in (with the time in milliseconds), effects out. The last issue is
 * being published, is on its queue, is in a worker's hands, or waits to be published. When a ticket is issued again,
 * the new issue has another attempt number, and the old message is removed from the queue.
 */
import type { Ticket } from '@lyceum/proto';

/** After so many failures of the ticket itself (not of a worker), the ticket is given up and its owners are told. */
export const TICKET_FAILURE_LIMIT = 5;

/**
 * How long after a session's end the coordinator looks at what the queue delivered last: the worker may have died
 * with a ticket that it had not announced. Shorter than the time that a run may lose to a killed worker, longer than
 * an announcement takes.
 */
export const PROBE_AFTER_MS = 500;

/** How long a worker may be silent about a ticket in its hands. Generous: a worker that dies also ends its session. */
export const HELD_LIMIT_MS = 600_000;

/** Wait before a ticket that could not be published is published again. */
const PUBLISH_RETRY_MS = 1_000;

const RETURN_DELAY_MIN_MS = 250;
const RETURN_DELAY_MAX_MS = 5_000;

export type TicketEffect =
  /** Put the ticket on its teacher's queue, then call published() or publishFailed(). */
  | { readonly kind: 'publish'; readonly id: string; readonly ticket: Ticket }
  /** Remove the message from the queue, if it is still there. */
  | { readonly kind: 'remove'; readonly sequence: number }
  /** Ask the teacher's queue which message it delivered last, then call delivered(). */
  | { readonly kind: 'probe'; readonly teacher: string }
  /** For the record: the ticket is issued again. */
  | {
      readonly kind: 'reissued';
      readonly id: string;
      readonly ticket: Ticket;
      readonly owners: readonly string[];
      readonly reason: string;
    }
  | { readonly kind: 'satisfied'; readonly id: string; readonly owners: readonly string[] }
  /** The ticket cannot be answered; it is forgotten. */
  | {
      readonly kind: 'failed';
      readonly id: string;
      readonly owners: readonly string[];
      readonly reason: string;
    };

type Place =
  | { readonly at: 'publishing' }
  | { readonly at: 'queue'; readonly sequence: number; readonly sinceMs: number }
  | {
      readonly at: 'worker';
      /** Of the last issue's message; undefined: it is gone, or the queue has not confirmed it yet. */
      readonly sequence: number | undefined;
      readonly workerId: string;
      readonly sinceMs: number;
    }
  | { readonly at: 'waiting'; readonly untilMs: number };

export class OpenTicket {
  /** Digest of the ticket's content. */
  readonly id: string;
  /** Identity of its teacher, hex. */
  readonly teacher: string;
  readonly owners = new Set<string>();
  readonly #content: Ticket;
  readonly #nextAttempt: () => number;
  /** Number of the ticket's last issue. */
  #attempt: number;
  #place: Place = { at: 'publishing' };
  /** When the last issue came onto the queue; undefined: not yet. */
  #issuedAtMs: number | undefined;
  /** Times that the ticket itself was found wrong (failures), and times that workers handed it back (returns). */
  #failureCount = 0;
  #returnCount = 0;
  #returnReason: string | undefined;

  /** @param nextAttempt - a number that no issue of the ticket has had. */
  constructor(id: string, content: Ticket, teacher: string, nextAttempt: () => number) {
    this.id = id;
    this.teacher = teacher;
    this.#content = content;
    this.#nextAttempt = nextAttempt;
    this.#attempt = nextAttempt();
  }

  get attempt(): number {
    return this.#attempt;
  }

  get isOnQueue(): boolean {
    return this.#place.at === 'queue';
  }

  /** The worker that has the ticket in hand, as far as is known. */
  get holder(): string | undefined {
    return this.#place.at === 'worker' ? this.#place.workerId : undefined;
  }

  /** True if the ticket was found wrong too often to be issued again. */
  get isHopeless(): boolean {
    return this.#failureCount >= TICKET_FAILURE_LIMIT;
  }

  /** Why workers hand the ticket back, if they did so more than once; undefined: they did not. */
  get trouble(): string | undefined {
    return this.#returnCount > 1 ? this.#returnReason : undefined;
  }

  /** How long ago its last issue came onto the queue. */
  ageMs(nowMs: number): number {
    return nowMs - (this.#issuedAtMs ?? nowMs);
  }

  publish(): TicketEffect {
    this.#issuedAtMs = undefined;
    this.#place = { at: 'publishing' };
    return { kind: 'publish', id: this.id, ticket: this.#issue() };
  }

  published(sequence: number, nowMs: number): void {
    this.#issuedAtMs ??= nowMs;
    const place = this.#place;
    if (place.at === 'publishing') this.#place = { at: 'queue', sequence, sinceMs: nowMs };
    // The worker may announce the ticket before the queue confirms that it has the message.
    else if (place.at === 'worker') this.#place = { ...place, sequence };
  }

  publishFailed(nowMs: number): void {
    if (this.#place.at !== 'publishing') return;
    this.#attempt = this.#nextAttempt();
    this.#place = { at: 'waiting', untilMs: nowMs + PUBLISH_RETRY_MS };
  }

  /** A worker has the ticket. Which message is removed later is the queue's word: a worker could name another's. */
  taken(workerId: string, nowMs: number): void {
    this.#issuedAtMs ??= nowMs;
    const sequence = 'sequence' in this.#place ? this.#place.sequence : undefined;
    this.#place = { at: 'worker', sequence, workerId, sinceMs: nowMs };
  }

  progressed(nowMs: number): void {
    if (this.#place.at === 'worker') this.#place = { ...this.#place, sinceMs: nowMs };
  }

  /** A worker gave the ticket back; the ticket is not at fault. */
  returned(reason: string, nowMs: number): TicketEffect[] {
    const delayMs = this.#returnCount === 0 ? 0 : returnDelayMs(this.#returnCount);
    this.#returnCount++;
    this.#returnReason = reason;
    return this.#reissue(reason, delayMs, nowMs);
  }

  /** The ticket itself was found wrong. */
  failed(reason: string, nowMs: number): TicketEffect[] {
    this.#failureCount++;
    if (!this.isHopeless) return this.#reissue(reason, returnDelayMs(this.#failureCount), nowMs);
    return [{ kind: 'failed', id: this.id, owners: [...this.owners], reason }];
  }

  sessionEnded(workerId: string, nowMs: number): TicketEffect[] {
    if (this.holder !== workerId) return [];
    return this.#reissue(`the session of ${workerId} ended`, 0, nowMs);
  }

  discredited(workerId: string, nowMs: number): TicketEffect[] {
    if (this.holder !== workerId) return [];
    return this.#reissue(`answers of ${workerId} are not trusted`, 0, nowMs);
  }

  /**
   * The worker has the ticket's message, but its answer to it does not count. No other worker gets that message,
   * so the ticket is issued again; not at once, since the same worker may take the next issue too, until it is
   * told not to.
   */
  spent(workerId: string, nowMs: number): TicketEffect[] {
    const { at } = this.#place;
    if (at === 'waiting' || (this.holder ?? workerId) !== workerId) return [];
    return this.#reissue(`answers of ${workerId} to it do not count`, RETURN_DELAY_MIN_MS, nowMs);
  }

  queueLost(nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at === 'worker') this.#place = { ...place, sequence: undefined };
    if (place.at !== 'queue') return [];
    this.#place = { at: 'publishing' };
    return this.#reissue('its queue is lost', 0, nowMs);
  }

  /** Its teacher's queue has delivered every message up to `sequence`. */
  delivered(sequence: number, nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at !== 'queue' || place.sequence > sequence) return [];
    if (nowMs - place.sinceMs < PROBE_AFTER_MS) return [];
    return this.#reissue('it was delivered, but no worker reported to have it', 0, nowMs);
  }

  tick(nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at === 'waiting' && place.untilMs <= nowMs) return [this.publish()];
    if (place.at !== 'worker' || nowMs - place.sinceMs < HELD_LIMIT_MS) return [];
    const seconds = Math.round((nowMs - place.sinceMs) / 1000);
    const reason = `${place.workerId} has been silent about it for ${seconds} s`;
    return this.#reissue(reason, 0, nowMs);
  }

  /**
   * Nobody wants the ticket any more. Its message is removed from the queue; a worker that has it in hand settles
   * it itself.
   */
  forgotten(): TicketEffect[] {
    const place = this.#place;
    return place.at === 'queue' ? [{ kind: 'remove', sequence: place.sequence }] : [];
  }

  #reissue(reason: string, delayMs: number, nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    const sequence = 'sequence' in this.#place ? this.#place.sequence : undefined;
    if (sequence !== undefined) effects.push({ kind: 'remove', sequence });
    this.#attempt = this.#nextAttempt();
    const { id, owners } = this;
    effects.push({ kind: 'reissued', id, ticket: this.#issue(), owners: [...owners], reason });
    if (delayMs === 0) return [...effects, this.publish()];
    this.#place = { at: 'waiting', untilMs: nowMs + delayMs };
    return effects;
  }

  #issue(): Ticket {
    return { ...this.#content, attempt: this.#attempt };
  }
}

function returnDelayMs(count: number): number {
  return Math.min(RETURN_DELAY_MAX_MS, RETURN_DELAY_MIN_MS * 2 ** (count - 1));
}
