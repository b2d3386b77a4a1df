/** The events of a tab's stream, by name. Facts are sent when the stream opens, and again after each change. */
import type { WorkerFacts } from './cluster.js';
import type { EventRow, RunFacts, RunRow } from './runs.js';

export interface StreamEvents {
  /** In a stream without `run`: rows that are new or have changed. */
  readonly runs: readonly RunRow[];
  /** In a stream without `run`. */
  readonly workers: WorkerFacts;
  /** In a stream of one run. */
  readonly run: RunFacts;
  /** In a stream of one run: a new event of the run, since the stream began. */
  readonly happened: EventRow;
  /** Ids of runs that were deleted. */
  readonly gone: readonly string[];
}
