/** Runs as a table, and one run as a page. */
import type { Run } from '@lyceum/proto';
import { runStateName } from '../../client/index.js';
import {
  ageText,
  type Column,
  countText,
  cutToWidth,
  durationText,
  percentText,
  tableLines,
  textWidth,
  timeText,
} from '../text/index.js';
import { costText } from './cost-text.js';
import { degradedText, isPaused, pauseAdvice } from './run-view.js';

/** Columns of a reason that are shown on a terminal which has no room for them. */
const REASON_LEAST_COLUMNS = 20;

/**
 * @param width - columns of the terminal, for which reasons are cut; absent: they are whole.
 */
export function runTableLines(
  runs: readonly Run[],
  nowMs: number,
  width?: number | undefined,
): string[] {
  const columns: Column<Run>[] = [
    { title: 'RUN', value: (r) => r.runId },
    { title: 'KIND', value: (r) => r.kind },
    { title: 'STATE', value: runStateName },
    { title: 'STEP', value: stepText, align: 'right' },
    { title: 'VALIDATION', value: validationText, align: 'right' },
    { title: 'TOOK', value: (r) => tookText(r, nowMs), align: 'right' },
    { title: 'AGE', value: (r) => ageText(nowMs - r.submittedAtMs), align: 'right' },
    { title: 'REASON', value: (r) => r.reason },
  ];
  const lines = tableLines(columns, runs);
  if (width === undefined) return lines;
  const reasonAt = (lines[0] ?? '').length - 'REASON'.length;
  const most = Math.max(width, reasonAt + REASON_LEAST_COLUMNS);
  return lines.map((line) => (textWidth(line) <= most ? line : `${cutToWidth(line, most - 1)}…`));
}

/**
 * The first runs of a list, as a table, with the number of those not shown.
 *
 * @param count - number of all runs that fit the request.
 * @param isChoice - whether the request has a filter.
 * @param width - as for `runTableLines`.
 */
export function runListLines(
  runs: readonly Run[],
  {
    count,
    isChoice,
    nowMs,
    width,
  }: { count: number; isChoice: boolean; nowMs: number; width?: number | undefined },
): string[] {
  if (runs.length === 0) {
    return [isChoice ? 'No run matches.' : 'No runs yet. Submit one with: coordinator submit FILE'];
  }
  const rest = count - runs.length;
  const lines = runTableLines(runs, nowMs, width);
  if (rest <= 0) return lines;
  const more = `${countText(rest)} older ${rest === 1 ? 'run is' : 'runs are'} not shown: --all shows all, --limit N some more.`;
  return [...lines, '', more];
}

export function runPageLines(run: Run, nowMs: number): string[] {
  const { progress } = run;
  const rows: [string, string | undefined][] = [
    ['run', `${run.runId} (${run.kind}, attempt ${run.attempt})`],
    ['state', run.reason === '' ? runStateName(run) : `${runStateName(run)}: ${run.reason}`],
    ['to go on', isPaused(run) ? pauseAdvice(run) : undefined],
    ['submitted', timeText(run.submittedAtMs) ?? undefined],
    ['started', timeText(run.startedAtMs) ?? undefined],
    ['ended', timeText(run.endedAtMs) ?? undefined],
    ['took', tookText(run, nowMs)],
    ['step', stepText(run)],
    [
      'loss',
      progress === undefined || progress.step === 0 ? undefined : progress.loss.toPrecision(4),
    ],
    [
      'rate',
      progress === undefined || progress.step === 0
        ? undefined
        : `${countText(progress.samplesPerSecond)} samples/s, ${percentText(progress.waitingShare, 1)} of the time waiting for targets`,
    ],
    ['validation', validationText(run)],
    ['order', run.order],
    ['cost', run.cost && costText(run.cost)],
    ['waiting for', progress?.waitingFor.join(', ')],
    ['degraded', degradedText(run)],
    ...run.warnings.map((warning): [string, string] => ['warning', warning]),
    ['student worker', run.studentWorkerId],
    ['data set', run.datasetDigest],
    ['model', run.modelDigest],
  ];
  return tableLines(
    [
      { title: '', value: (row: [string, string | undefined]) => row[0] },
      { title: '', value: (row: [string, string | undefined]) => row[1] },
    ],
    rows.filter(([, value]) => value !== undefined && value !== ''),
  ).slice(1);
}

function stepText({ progress }: Run): string | undefined {
  if (progress === undefined || progress.stepCount === 0) return undefined;
  return `${countText(progress.step)}/${countText(progress.stepCount)}`;
}

function validationText({ progress }: Run): string | undefined {
  if (progress === undefined || progress.validationNll === 0) return undefined;
  return percentText(progress.validationAccuracy);
}

function tookText(run: Run, nowMs: number): string | undefined {
  if (run.startedAtMs === 0) return undefined;
  return durationText((run.endedAtMs === 0 ? nowMs : run.endedAtMs) - run.startedAtMs);
}
