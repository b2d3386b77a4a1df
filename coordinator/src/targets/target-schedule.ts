/**
 * The schedule of a run's targets, with the settings of its record, and the window for a run that no worker
 * serves yet.
 */
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { type ContributorLedger, quorumOf, type RunRecord, windowStepsOf } from '../runs/index.js';
import { RunSchedule, type SpanGrid } from '../schedule/index.js';

/** @param decided - contributors by span, of a run whose quorum is less than all its teachers. */
export function targetSchedule(
  record: RunRecord,
  { views }: DistillationSpecification['spec'],
  grid: SpanGrid,
  decided: ContributorLedger['decided'] | undefined,
): RunSchedule {
  const quorum = quorumOf(record);
  return new RunSchedule({
    grid,
    teacherCount: record.teachers.length,
    windowSteps: windowStepsOf(record, grid, 0),
    viewCycle: views?.cycle ?? 1,
    quorum: quorum && decided && { ...quorum, decided },
  });
}
