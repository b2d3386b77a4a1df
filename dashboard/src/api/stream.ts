/** What one stream a tab says, by the name of the event. Each is sent at once, and again whenever it has changed. */
import type { WorkerFacts } from './cluster.js';
import type { EventRow, RunFacts, RunRow } from './runs.js';

export interface StreamEvents {
  /** In a stream without `run`: the rows that are new or have changed. */
  readonly runs: readonly RunRow[];
  /** In a stream without `run`. */
  readonly workers: WorkerFacts;
  /** In a stream of one run. */
  readonly run: RunFacts;
  /** In a stream of one run: what happened since the stream began. */
  readonly happened: EventRow;
  /** Ids of runs that are no more. */
  readonly gone: readonly string[];
}
