/** Rows of the table of verdicts. Pure. */
import { isMeasured, type Measured } from './probe-result.js';

export interface Row {
  readonly check: string;
  /** The GPU's figure; `–`: there is none. */
  readonly gpu: string;
  readonly cpu: string;
  /** `measured`: a figure without an expectation. */
  readonly verdict: 'passed' | 'FAILED' | 'measured' | 'not run';
  /** The meaning of the figures, or why the check failed. */
  readonly note: string;
}

export function row(check: string, gpu: string, cpu: string, problem: string | undefined): Row {
  const verdict = problem === undefined ? 'passed' : 'FAILED';
  return { check, gpu, cpu, verdict, note: problem ?? '' };
}

export function failed(check: string, problem: string): Row {
  return row(check, '–', '–', problem);
}

export function measured(check: string, gpu: string, cpu: string, note: string): Row {
  return { check, gpu, cpu, verdict: 'measured', note };
}

export function notRun(check: string, note: string): Row {
  return { check, gpu: '–', cpu: '–', verdict: 'not run', note };
}

/** The row of a whole program, whether or not it was run. */
export function programRow(
  check: string,
  outcome: Measured<{ readonly told: string }> | 'not run',
): Row {
  if (outcome === 'not run') return notRun(check, '--full runs it');
  return isMeasured(outcome)
    ? row(check, outcome.told, '–', undefined)
    : failed(check, outcome.problem);
}

/** The table, for docs/gpus.md. */
export function tableLines(rows: readonly Row[]): string[] {
  return [
    '| check | GPU | processor | verdict | |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ check, gpu, cpu, verdict, note }) =>
        `| ${[check, gpu, cpu, verdict, note].map(cell).join(' | ')} |`,
    ),
  ];
}

export function share(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}
