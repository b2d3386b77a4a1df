/**
 * The tickets of all runs: who wants them, where they are, and when they are issued again.
 *
 * A state machine without clock or network: events in (with the time in milliseconds), effects out. What
 * holds throughout:
 *
 * - equal wants are one ticket, whoever they come from; it lives as long as somebody wants it;
 * - a wanted ticket is being published, on its queue, in a worker's hands, or waits for its next issue;
 * - the coordinator owns retries: a ticket in the hands of a worker whose session ended is issued again at
 *   once, under the next attempt, and the old message is removed;
 * - an answer settles a ticket whoever gives it, for whichever attempt, unless that was in discredited hands.
 */
import type { Ticket } from '@lyceum/proto';

/** Failures of the ticket itself (not of a worker) after which those who want it are told. */
export const TICKET_FAILURE_LIMIT = 5;

/**
 * How long after a session's end its last deliveries are looked at: a ticket that was delivered to the dead
 * before it could say so is nobody's. Shorter than what a run may lose to a kill, longer than what an
 * announcement takes.
 */
export const PROBE_AFTER_MS = 500;

/** How long a ticket may lie unannounced on its queue until it is looked at, session's end or not. */
export const UNHELD_PROBE_MS = 30_000;

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

interface Entry {
  readonly id: string;
  readonly content: Ticket;
  /** Identity of its teacher, hex. */
  readonly teacher: string;
  readonly owners: Set<string>;
  /** Number of its last issue. */
  attempt: number;
  /** Times that the ticket itself was found wrong, and times that it was handed back. */
  failureCount: number;
  returnCount: number;
  place: Place;
  /** Attempts whose answers count for nothing. */
  readonly voidAttempts: Set<number>;
}

export class TicketBook {
  readonly #entries = new Map<string, Entry>();
  /** When to look at a teacher's deliveries, by its identity. */
  readonly #probeAtMs = new Map<string, number>();
  /**
   * Issues so far, of all tickets: an issue's number is its attempt. A ticket that is forgotten and wanted
   * again must not repeat a number, or its message would be dropped as a duplicate.
   */
  #issueCount = 0;

  /** `owner` wants the ticket; wanting it again changes nothing. `id` is its content's. */
  want(owner: string, id: string, content: Ticket, teacher: string): TicketEffect[] {
    const known = this.#entries.get(id);
    if (known !== undefined) {
      known.owners.add(owner);
      return [];
    }
    const entry: Entry = {
      id,
      content,
      teacher,
      owners: new Set([owner]),
      attempt: ++this.#issueCount,
      failureCount: 0,
      returnCount: 0,
      place: { at: 'publishing' },
      voidAttempts: new Set(),
    };
    this.#entries.set(id, entry);
    return [publish(entry)];
  }

  /** `owner` no longer wants it. A worker that has it in hand will learn so with its receipt. */
  unwant(owner: string, id: string): TicketEffect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || !entry.owners.delete(owner) || entry.owners.size > 0) return [];
    return this.#forget(entry);
  }

  /** An issue is on the queue, as message `sequence`. */
  published(id: string, attempt: number, sequence: number, nowMs: number): TicketEffect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.attempt !== attempt) return [{ kind: 'remove', sequence }];
    // Its worker may have been quicker to tell than the queue was to confirm.
    if (entry.place.at === 'publishing') entry.place = { at: 'queue', sequence, sinceMs: nowMs };
    return [];
  }

  /** An issue could not be put on the queue, or it is not known whether it was: another one, later. */
  publishFailed(id: string, attempt: number, nowMs: number): void {
    const entry = this.#entries.get(id);
    if (entry?.attempt !== attempt || entry.place.at !== 'publishing') return;
    entry.attempt = ++this.#issueCount;
    entry.place = { at: 'waiting', untilMs: nowMs + PUBLISH_RETRY_MS };
  }

  /** A worker has it in hand. */
  taken(workerId: string, id: string, attempt: number, sequence: number, nowMs: number): void {
    const entry = this.#entries.get(id);
    if (entry?.attempt !== attempt) return;
    entry.place = { at: 'worker', sequence, workerId, sinceMs: nowMs };
  }

  /** A worker is at it still: rows of its answer came. */
  progressed(id: string, nowMs: number): void {
    const entry = this.#entries.get(id);
    if (entry?.place.at === 'worker') entry.place = { ...entry.place, sinceMs: nowMs };
  }

  /** A worker gave it back, by no fault of the ticket (`retryable`) or because of one. */
  returned(
    workerId: string,
    id: string,
    attempt: number,
    returned: { readonly reason: string; readonly retryable: boolean },
    nowMs: number,
  ): TicketEffect[] {
    const entry = this.#entries.get(id);
    if (entry?.attempt !== attempt) return [];
    // A worker may hand back what it had no time to announce; what another holds is not its to return.
    if (entry.place.at === 'worker' && entry.place.workerId !== workerId) return [];
    if (!returned.retryable) return this.#failed(entry, returned.reason, nowMs);
    const delayMs = entry.returnCount === 0 ? 0 : returnDelayMs(entry.returnCount);
    entry.returnCount++;
    return this.#reissue(entry, returned.reason, delayMs, nowMs);
  }

  /** What a worker answered is no answer. */
  rejected(id: string, attempt: number, reason: string, nowMs: number): TicketEffect[] {
    const entry = this.#entries.get(id);
    return entry?.attempt === attempt ? this.#failed(entry, reason, nowMs) : [];
  }

  /** All its rows are stored. */
  answered(id: string): TicketEffect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    const owners = [...entry.owners];
    return [{ kind: 'satisfied', id, owners }, ...this.#forget(entry)];
  }

  /** A worker's session ended; `teachers` are those that it took tickets of. */
  sessionEnded(workerId: string, teachers: Iterable<string>, nowMs: number): TicketEffect[] {
    for (const teacher of teachers) this.#probeAtMs.set(teacher, nowMs + PROBE_AFTER_MS);
    const effects: TicketEffect[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.place.at !== 'worker' || entry.place.workerId !== workerId) continue;
      effects.push(...this.#reissue(entry, `the session of ${workerId} ended`, 0, nowMs));
    }
    return effects;
  }

  /** What a worker answers for a teacher is not to be trusted: its tickets in hand are given to others. */
  discredited(workerId: string, teacher: string, nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    for (const entry of this.#entries.values()) {
      const { place, attempt } = entry;
      if (entry.teacher !== teacher || place.at !== 'worker' || place.workerId !== workerId)
        continue;
      entry.voidAttempts.add(attempt);
      effects.push(...this.#reissue(entry, `${workerId} is quarantined`, 0, nowMs));
    }
    return effects;
  }

  /** The queues are gone with all that lay on them, and numbers begin anew: what is in hand stays there. */
  queueLost(nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    for (const entry of this.#entries.values()) {
      const { place } = entry;
      if (place.at === 'worker') entry.place = { ...place, sequence: undefined };
      else if (place.at === 'queue') {
        entry.place = { at: 'publishing' };
        effects.push(...this.#reissue(entry, 'the queue that it lay on is gone', 0, nowMs));
      }
    }
    return effects;
  }

  /** A teacher's queue has delivered every message up to `sequence`. */
  delivered(teacher: string, sequence: number, nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    for (const entry of this.#entries.values()) {
      const { place } = entry;
      if (entry.teacher !== teacher || place.at !== 'queue' || place.sequence > sequence) continue;
      if (nowMs - place.sinceMs < PROBE_AFTER_MS) continue;
      effects.push(...this.#reissue(entry, 'delivered to nobody who said so', 0, nowMs));
    }
    return effects;
  }

  /** Time has passed. */
  tick(nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    for (const entry of this.#entries.values()) {
      const { place } = entry;
      if (place.at === 'waiting' && place.untilMs <= nowMs) {
        entry.place = { at: 'publishing' };
        effects.push(publish(entry));
      } else if (place.at === 'worker' && nowMs - place.sinceMs >= HELD_LIMIT_MS) {
        const seconds = Math.round((nowMs - place.sinceMs) / 1000);
        const reason = `${place.workerId} has been silent about it for ${seconds} s`;
        effects.push(...this.#reissue(entry, reason, 0, nowMs));
      } else if (place.at === 'queue' && !this.#probeAtMs.has(entry.teacher)) {
        this.#probeAtMs.set(entry.teacher, nowMs + UNHELD_PROBE_MS);
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
    for (const entry of this.#entries.values()) if (entry.teacher === teacher) return true;
    return false;
  }

  isWanted(id: string): boolean {
    return this.#entries.has(id);
  }

  /** True if the attempt was in discredited hands. */
  isVoid(id: string, attempt: number): boolean {
    return this.#entries.get(id)?.voidAttempts.has(attempt) === true;
  }

  /** The worker that has the ticket in hand, as far as is known. */
  holderOf(id: string): string | undefined {
    const place = this.#entries.get(id)?.place;
    return place?.at === 'worker' ? place.workerId : undefined;
  }

  inHandCount(workerId: string): number {
    let count = 0;
    for (const { place } of this.#entries.values()) {
      if (place.at === 'worker' && place.workerId === workerId) count++;
    }
    return count;
  }

  get size(): number {
    return this.#entries.size;
  }

  #failed(entry: Entry, reason: string, nowMs: number): TicketEffect[] {
    entry.failureCount++;
    if (entry.failureCount < TICKET_FAILURE_LIMIT) {
      return this.#reissue(entry, reason, returnDelayMs(entry.failureCount), nowMs);
    }
    const owners = [...entry.owners];
    return [{ kind: 'failed', id: entry.id, owners, reason }, ...this.#forget(entry)];
  }

  #reissue(entry: Entry, reason: string, delayMs: number, nowMs: number): TicketEffect[] {
    const effects: TicketEffect[] = [];
    const sequence = 'sequence' in entry.place ? entry.place.sequence : undefined;
    if (sequence !== undefined) effects.push({ kind: 'remove', sequence });
    entry.attempt = ++this.#issueCount;
    const { id } = entry;
    effects.push({
      kind: 'reissued',
      id,
      ticket: issueOf(entry),
      owners: [...entry.owners],
      reason,
    });
    if (delayMs > 0) {
      entry.place = { at: 'waiting', untilMs: nowMs + delayMs };
      return effects;
    }
    entry.place = { at: 'publishing' };
    return [...effects, publish(entry)];
  }

  /** What a worker has in hand it settles itself; what lies on the queue would only cost one its time. */
  #forget(entry: Entry): TicketEffect[] {
    this.#entries.delete(entry.id);
    return entry.place.at === 'queue' ? [{ kind: 'remove', sequence: entry.place.sequence }] : [];
  }
}

function issueOf(entry: Entry): Ticket {
  return { ...entry.content, attempt: entry.attempt };
}

function publish(entry: Entry): TicketEffect {
  return { kind: 'publish', id: entry.id, ticket: issueOf(entry) };
}

function returnDelayMs(count: number): number {
  return Math.min(RETURN_DELAY_MAX_MS, RETURN_DELAY_MIN_MS * 2 ** (count - 1));
}
