/** The changes between two looks at the list of runs. Pure. */
import type { RunRow } from '@lyceum/dashboard/api';
import type { ListRunsResponse } from '@lyceum/proto';
import { isEnd } from '../../client/index.js';
import { runRow } from '../facts/index.js';

export interface ListChange {
  /** Rows that are new, or have changed. */
  readonly changed: readonly RunRow[];
  /** Ids of runs that were deleted. */
  readonly gone: readonly string[];
  /** Ids of runs that went on, and are in neither list any more: they have ended, or were deleted. */
  readonly unseen: readonly string[];
}

export class ListedRuns {
  readonly #rows = new Map<string, RunRow>();

  get rows(): readonly RunRow[] {
    return [...this.#rows.values()];
  }

  /**
   * @param newest - the first page of all runs.
   * @param active - all runs that have not ended.
   */
  update(newest: ListRunsResponse, active: ListRunsResponse | undefined): ListChange {
    const rows = [...newest.runs, ...(active?.runs ?? [])].map(runRow);
    const changed = rows.filter((row) => this.put(row));
    const listed = new Set(rows.map(({ id }) => id));
    // Runs older than this one may be missing only because the page is full.
    const oldest = newest.nextPageToken === '' ? undefined : newest.runs.at(-1)?.submittedAtMs;
    const missing = this.rows.filter(({ id }) => !listed.has(id));
    for (const { id } of missing) this.#rows.delete(id);
    const isDeleted = ({ submittedAtMs }: RunRow) => oldest === undefined || submittedAtMs > oldest;
    return {
      changed,
      gone: missing.filter(isDeleted).map(({ id }) => id),
      unseen: missing.filter((row) => !isDeleted(row) && !isEnd(row.state)).map(({ id }) => id),
    };
  }

  /** @returns whether the row is new, or has changed. */
  put(row: RunRow): boolean {
    const isNews = JSON.stringify(this.#rows.get(row.id)) !== JSON.stringify(row);
    this.#rows.set(row.id, row);
    return isNews;
  }
}
