/** What happened to a run. Pure. */
import type { EventPage, EventRow } from '@lyceum/dashboard/api';
import { LyceumError, type RunEvent } from '@lyceum/proto';

const EVENTS_A_PAGE = 100;

export function eventRow({ atMs, kind, message }: RunEvent): EventRow {
  return { atMs, kind, message };
}

/** Takes a run's events, oldest first, and keeps those of one page: the last of those below `before`. */
export class EventWindow {
  /** How many events of the run are older than what is wanted. */
  readonly #end: number;
  #seen = 0;
  #kept: EventRow[] = [];

  /**
   * @param before - of the page before, which is the count of events that are older; null: the newest are wanted.
   * @throws {LyceumError} INVALID_ARGUMENT if it is neither.
   */
  constructor(before: string | null) {
    if (before !== null && !/^\d{1,9}$/.test(before)) {
      throw new LyceumError('INVALID_ARGUMENT', '`before` is what an earlier page said');
    }
    this.#end = before === null ? Number.POSITIVE_INFINITY : Number(before);
  }

  take(event: RunEvent): void {
    if (this.#seen >= this.#end) return;
    this.#seen += 1;
    this.#kept.push(eventRow(event));
    // Not at each one: events are many, and to cut the front of a list is to copy it.
    if (this.#kept.length >= 2 * EVENTS_A_PAGE) this.#kept = this.#kept.slice(-EVENTS_A_PAGE);
  }

  page(): EventPage {
    const events = this.#kept.slice(-EVENTS_A_PAGE).reverse();
    const older = this.#seen - events.length;
    return { events, before: older === 0 ? null : String(older) };
  }
}
