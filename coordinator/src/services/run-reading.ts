/** Calls of `RunService` that only read: pages of runs, and their histories. */
import { shownColumns, shownMeans } from '@lyceum/learning/history';
import {
  type GetHistoryRequest,
  type GetHistoryResponse,
  type ListRunsRequest,
  type ListRunsResponse,
  Run,
} from '@lyceum/proto';
import type { RunHistories } from '../history/index.js';
import type { RunMonitor } from '../monitoring/index.js';
import type { ActiveRuns } from '../reconciliation/index.js';
import { type RunStore, runPage } from '../runs/index.js';
import { requireState, seenRun, stateMessage } from './run-message.js';

interface ListedRuns {
  readonly store: RunStore;
  readonly histories: RunHistories;
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
}

/** A page of runs, as `ListRuns` has it. */
export function pageOfRuns(parts: ListedRuns, request: ListRunsRequest): ListRunsResponse {
  const { brief } = request;
  const { runs, nextPageToken, counts } = runPage(
    parts.store.list(),
    { ...request, states: request.states.map(requireState) },
    (record) => seenRun(parts, record, { brief }),
    (run) => Run.encode(run).finish().length,
  );
  const stateCounts = Array.from(counts, ([state, count]) => ({
    state: stateMessage(state),
    count,
  }));
  return { runs: [...runs], nextPageToken, counts: stateCounts };
}

/** The points of a run's history that are shown. */
export async function shownHistory(
  { store, histories }: ListedRuns,
  { runId, firstStep, endStep, pointCount }: GetHistoryRequest,
): Promise<GetHistoryResponse> {
  const record = store.require(runId);
  const steps = await histories.read(record);
  const end = endStep === 0 ? steps.endStep : endStep;
  const points = steps.points(
    firstStep,
    end,
    pointCount === 0 ? Number.POSITIVE_INFINITY : pointCount,
  );
  return {
    columns: shownColumns(record.specification),
    points: points.map(({ firstStep, endStep, means }) => ({
      firstStep,
      endStep,
      means: shownMeans(record.specification, means),
    })),
  };
}
