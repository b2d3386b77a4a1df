/** What `watch` shows of a run at one moment. Pure; `watch-run.ts` puts it on the terminal. */
import type { RunSpecification } from '@lyceum/learning/specification';
import { printable, type Run, type RunProgress, RunState } from '@lyceum/proto';
import { runStateName } from '../client/index.js';
import { countText, durationText, percentText } from './table.js';

const BAR_WIDTH = 30;

/** A shorter one says less than the percentage beside it. */
const BAR_MIN_WIDTH = 8;

/**
 * The lines of a live view.
 *
 * @param width - columns of the terminal; lines are cut to it, since a wrapped line cannot be rewritten.
 */
export function liveLines(run: Run, width: number): string[] {
  const { progress } = run;
  const head = `${run.runId}  ${runStateName(run)}${run.reason === '' ? '' : `  ${run.reason}`}`;
  const lines = [head];
  if (progress !== undefined && progress.step > 0) {
    lines.push(progressLine(run, progress, width));
    lines.push(`  ${rateText(run)}`);
    if (progress.validationNll > 0) lines.push(`  ${validationText(run)}`);
  }
  if (progress !== undefined && progress.waitingFor.length > 0) {
    lines.push(`  the student waits for ${progress.waitingFor.join(', ')}`);
  }
  const degraded = degradedText(run);
  if (degraded !== undefined) lines.push(`  ${degraded}`);
  for (const warning of run.warnings) lines.push(`  warning: ${warning}`);
  if (isPaused(run)) lines.push(`  ${pauseAdvice(run)}`);
  return lines.map((line) => {
    // Escapes take room, and a line end would leave a line that is not rewritten.
    const shown = [...printable(line.replaceAll('\n', ' '))];
    return shown.slice(0, width).join('');
  });
}

/** As much as fits, down to how far it is and how long it will still take. */
function progressLine(run: Run, progress: RunProgress, width: number): string {
  const { step, stepCount, epoch } = progress;
  const share = step / stepCount;
  const percent = percentText(share, 0);
  const steps = `step ${countText(step)} of ${countText(stepCount)}`;
  const left = remainingText(run);
  const texts = [
    [percent, steps, `epoch ${epoch}`, left],
    [percent, steps, left],
    [percent, `${step}/${stepCount}`, left],
    [percent, left],
  ].map((parts) => parts.filter((part) => part !== '').join('  '));
  const [all = ''] = texts;
  // Two spaces before the bar, two brackets around it and a space after it.
  const barWidth = Math.min(BAR_WIDTH, width - all.length - 5);
  if (barWidth >= BAR_MIN_WIDTH) return `  ${barText(share, barWidth)} ${all}`;
  return `  ${texts.find((text) => text.length + 2 <= width) ?? texts.at(-1)}`;
}

function barText(share: number, width: number): string {
  const filled = Math.round(share * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** The same as one line of a log. */
export function plainLine(run: Run): string {
  const { progress } = run;
  const parts = [`${run.runId} ${runStateName(run)}`];
  if (progress !== undefined && progress.step > 0) {
    parts.push(
      `step ${progress.step}/${progress.stepCount} epoch ${progress.epoch}`,
      rateText(run),
    );
    if (progress.validationNll > 0) parts.push(validationText(run));
  }
  if (progress !== undefined && progress.waitingFor.length > 0) {
    parts.push(`the student waits for ${progress.waitingFor.join(', ')}`);
  }
  const degraded = degradedText(run);
  if (degraded !== undefined) parts.push(degraded);
  for (const warning of run.warnings) parts.push(`warning: ${warning}`);
  if (run.reason !== '') parts.push(run.reason);
  if (isPaused(run)) parts.push(pauseAdvice(run));
  return parts.join(' | ');
}

/** How much of it goes without some teachers; undefined: nothing. */
export function degradedText({ progress }: Run): string | undefined {
  if (progress === undefined || progress.degradedShare === 0) return undefined;
  return `${percentText(progress.degradedShare, 1)} of its steps have fewer than all teachers`;
}

export function isPaused(run: Run): boolean {
  return run.state === RunState.RUN_STATE_PAUSED;
}

/** What the user of a paused run can do. */
export function pauseAdvice({ runId }: Run): string {
  return `put that right, then: coordinator resume ${runId}; or give it up: coordinator cancel ${runId}`;
}

/** True if a reader of plain lines should hear of `run` at once, having last heard of `before`. */
export function isNews(before: Run | undefined, run: Run): boolean {
  return (
    before === undefined ||
    before.state !== run.state ||
    before.reason !== run.reason ||
    before.attempt !== run.attempt ||
    before.warnings.length !== run.warnings.length ||
    before.progress?.epoch !== run.progress?.epoch ||
    before.progress?.waitingFor.join() !== run.progress?.waitingFor.join()
  );
}

function rateText({ progress }: Run): string {
  if (progress === undefined) return '';
  return [
    `loss ${progress.loss.toFixed(4)}`,
    `lr ${Number(progress.learningRate.toPrecision(3))}`,
    `${countText(progress.samplesPerSecond)} samples/s`,
    `waiting ${percentText(progress.waitingShare, 1)}`,
  ].join('  ');
}

function validationText({ progress }: Run): string {
  return `validation ${percentText(progress?.validationAccuracy ?? 0)}  nll ${(progress?.validationNll ?? 0).toFixed(4)}`;
}

/** At the rate of now; the last batch of an epoch counts as a whole one. */
function remainingText({ progress, state, specificationJson }: Run): string {
  if (progress === undefined || state !== RunState.RUN_STATE_TRAINING) return '';
  if (progress.samplesPerSecond <= 0 || specificationJson === '') return '';
  const { spec } = JSON.parse(specificationJson) as RunSpecification;
  const samples = (progress.stepCount - progress.step) * spec.training.batchSize;
  return `about ${durationText((samples / progress.samplesPerSecond) * 1000)} left`;
}
