/** The newest part of a run's history, by column. Pure. */
import type { GetHistoryRequest, GetHistoryResponse } from '@lyceum/proto';

/** Number of steps that count as the newest part, and of points for them. */
const RECENT_STEPS = 256;
const RECENT_POINTS = 8;

/** The request for the newest part of the history of a run that is at `step`. */
export function recentHistory(runId: string, step: number): GetHistoryRequest {
  const firstStep = Math.max(0, step - RECENT_STEPS);
  return { runId, firstStep, endStep: 0, pointCount: RECENT_POINTS };
}

/** @returns the newest known value; null: none is known, or there is no such column. */
export function newestOf(history: GetHistoryResponse, column: string): number | null {
  const index = history.columns.indexOf(column);
  if (index < 0) return null;
  const known = history.points.findLast(({ means }) => Number.isFinite(means[index]));
  return known?.means[index] ?? null;
}
