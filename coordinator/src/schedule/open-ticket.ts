/**
 * One wanted ticket: where its last issue is, and when it is issued again.
 *
 * A state machine without clock or network: events in (with the time in milliseconds), effects out. An issue is being
 * published, on its queue, in a worker's hands, or waits for the next one, which has another attempt and takes the
 * message of the one before off the queue.
 */
import type { Ticket } from '@lyceum/proto';

/** Failures of the ticket itself (not of a worker) after which those who want it are told. */
export const TICKET_FAILURE_LIMIT = 5;

/**
 * How long after a session's end its last deliveries are looked at: a worker may have died with a ticket before it
 * announced it. Shorter than what a run may lose to a kill, longer than what an announcement takes.
 */
export const PROBE_AFTER_MS = 500;

/** How long a worker may be silent about a ticket in its hands. Generous: sessions tell of deaths. */
export const HELD_LIMIT_MS = 600_000;

/** Wait before a ticket that could not be published is published again. */
const PUBLISH_RETRY_MS = 1_000;

const RETURN_DELAY_MIN_MS = 250;
const RETURN_DELAY_MAX_MS = 5_000;

export type TicketEffect =
  /** Put this on its teacher's queue, and answer with published() or publishFailed(). */
  | { readonly kind: 'publish'; readonly id: string; readonly ticket: Ticket }
  /** Remove the message, if it is still there. */
  | { readonly kind: 'remove'; readonly sequence: number }
  /** Ask the teacher's queue how far it has delivered, and answer with delivered(). */
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
      /** Undefined: its message is gone. */
      readonly sequence: number | undefined;
      readonly workerId: string;
      readonly sinceMs: number;
    }
  | { readonly at: 'waiting'; readonly untilMs: number };

export class OpenTicket {
  /** Digest of its content. */
  readonly id: string;
  /** Identity of its teacher, hex. */
  readonly teacher: string;
  readonly owners = new Set<string>();
  readonly #content: Ticket;
  readonly #nextAttempt: () => number;
  /** Number of its last issue. */
  #attempt: number;
  #place: Place = { at: 'publishing' };
  /** Since when its last issue has been on the queue; undefined: it is not yet. */
  #issuedAtMs: number | undefined;
  /** Times that the ticket itself was found wrong, and times that it was handed back. */
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

  /** The worker that has it in hand, as far as is known. */
  get holder(): string | undefined {
    return this.#place.at === 'worker' ? this.#place.workerId : undefined;
  }

  /** It was found wrong too often to be issued again. */
  get isHopeless(): boolean {
    return this.#failureCount >= TICKET_FAILURE_LIMIT;
  }

  /** Why workers hand it back, once that is no accident of one of them; undefined: they do not. */
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
    // Its worker may have been quicker to tell than the queue was to confirm.
    if (this.#place.at === 'publishing') this.#place = { at: 'queue', sequence, sinceMs: nowMs };
  }

  publishFailed(nowMs: number): void {
    if (this.#place.at !== 'publishing') return;
    this.#attempt = this.#nextAttempt();
    this.#place = { at: 'waiting', untilMs: nowMs + PUBLISH_RETRY_MS };
  }

  taken(workerId: string, sequence: number, nowMs: number): void {
    this.#issuedAtMs ??= nowMs;
    this.#place = { at: 'worker', sequence, workerId, sinceMs: nowMs };
  }

  progressed(nowMs: number): void {
    if (this.#place.at === 'worker') this.#place = { ...this.#place, sinceMs: nowMs };
  }

  /** The worker gave it back by no fault of the ticket. */
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
    return this.#reissue(`what ${workerId} answers is not trusted`, 0, nowMs);
  }

  /**
   * A worker has its message, and no answer of it counts: nobody else will have it. It may take the next one too until it is
   * told not to.
   */
  spent(workerId: string, nowMs: number): TicketEffect[] {
    const { at } = this.#place;
    if (at === 'waiting' || (this.holder ?? workerId) !== workerId) return [];
    return this.#reissue(`no answer of ${workerId} to it counts`, RETURN_DELAY_MIN_MS, nowMs);
  }

  queueLost(nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at === 'worker') this.#place = { ...place, sequence: undefined };
    if (place.at !== 'queue') return [];
    this.#place = { at: 'publishing' };
    return this.#reissue('the queue that it lay on is gone', 0, nowMs);
  }

  /** Its teacher's queue has delivered every message up to `sequence`. */
  delivered(sequence: number, nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at !== 'queue' || place.sequence > sequence) return [];
    if (nowMs - place.sinceMs < PROBE_AFTER_MS) return [];
    return this.#reissue('delivered to nobody who said so', 0, nowMs);
  }

  tick(nowMs: number): TicketEffect[] {
    const place = this.#place;
    if (place.at === 'waiting' && place.untilMs <= nowMs) return [this.publish()];
    if (place.at !== 'worker' || nowMs - place.sinceMs < HELD_LIMIT_MS) return [];
    const seconds = Math.round((nowMs - place.sinceMs) / 1000);
    const reason = `${place.workerId} has been silent about it for ${seconds} s`;
    return this.#reissue(reason, 0, nowMs);
  }

  /** What a worker has in hand it settles itself; what lies on the queue would only cost one its time. */
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
