/** What a run was like lately, by column. Pure. */
import type { GetHistoryRequest, GetHistoryResponse } from '@lyceum/proto';

/** Steps that count as the newest part of a history, and points that they are told in. */
const RECENT_STEPS = 256;
const RECENT_POINTS = 8;

/** Asks for the newest part of the history of a run that is at `step`. */
export function recentHistory(runId: string, step: number): GetHistoryRequest {
  const firstStep = Math.max(0, step - RECENT_STEPS);
  return { runId, firstStep, endStep: 0, pointCount: RECENT_POINTS };
}

/** @returns the newest value that is known; null: none is, or there is no such column. */
export function newestOf(history: GetHistoryResponse, column: string): number | null {
  const index = history.columns.indexOf(column);
  if (index < 0) return null;
  const known = history.points.findLast(({ means }) => Number.isFinite(means[index]));
  return known?.means[index] ?? null;
}
