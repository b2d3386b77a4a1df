/** `watch` where lines are not rewritten: a run as a line of a log, and which changes make a new line. Pure. */
import { type Run, RunState } from '@lyceum/proto';
import { runStateName } from '../../client/index.js';
import { countText, percentText } from '../text/index.js';

/** A run as one line of a log, without its warnings, which are printed once elsewhere. */
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
  if (run.reason !== '') parts.push(run.reason);
  if (isPaused(run)) parts.push(pauseAdvice(run));
  return parts.join(' | ');
}

/** The share of steps without all teachers; undefined: no such step. */
export function degradedText({ progress }: Run): string | undefined {
  if (progress === undefined || progress.degradedShare === 0) return undefined;
  return `${percentText(progress.degradedShare, 1)} of its steps have fewer than all teachers`;
}

export function isPaused(run: Run): boolean {
  return run.state === RunState.RUN_STATE_PAUSED;
}

/** Advice to the user of a paused run. */
export function pauseAdvice({ runId }: Run): string {
  return `put that right, then: coordinator resume ${runId}; or give it up: coordinator cancel ${runId}`;
}

/** Whether a change is printed at once where lines are plain. @param before - the run as last printed. */
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
