/** The events of a run. Pure. */
import type { EventPage, EventRow } from '@lyceum/dashboard/api';
import { LyceumError, type RunEvent } from '@lyceum/proto';

const EVENTS_A_PAGE = 100;

export function eventRow({ atMs, kind, message }: RunEvent): EventRow {
  return { atMs, kind, message };
}

/** Takes a run's events, oldest first, and keeps those of one page: the last ones before `before`. */
export class EventWindow {
  /** Number of the run's events that are older than the end of the page. */
  readonly #end: number;
  #seen = 0;
  #kept: EventRow[] = [];

  /**
   * @param before - from the page before: the number of older events; null: the newest page.
   * @throws {LyceumError} INVALID_ARGUMENT if `before` is something else.
   */
  constructor(before: string | null) {
    if (before !== null && !/^\d{1,9}$/.test(before)) {
      throw new LyceumError('INVALID_ARGUMENT', '`before` is a value that an earlier page gave');
    }
    this.#end = before === null ? Number.POSITIVE_INFINITY : Number(before);
  }

  take(event: RunEvent): void {
    if (this.#seen >= this.#end) return;
    this.#seen += 1;
    this.#kept.push(eventRow(event));
    // Not at every event: there are many, and cutting the front of a list copies it.
    if (this.#kept.length >= 2 * EVENTS_A_PAGE) this.#kept = this.#kept.slice(-EVENTS_A_PAGE);
  }

  page(): EventPage {
    const events = this.#kept.slice(-EVENTS_A_PAGE).reverse();
    const older = this.#seen - events.length;
    return { events, before: older === 0 ? null : String(older) };
  }
}
