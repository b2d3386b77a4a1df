/** The lines that `watch` shows of a run on a terminal at one moment. Pure; `follow-run.ts` prints them. */
import type { RunSpecification } from '@lyceum/learning/specification';
import { printable, type Run, type RunProgress, RunState } from '@lyceum/proto';
import { type RunStateName, runStateName } from '../client/index.js';
import { degradedText, isPaused, pauseAdvice } from '../printing/runs/index.js';
import {
  barText,
  countText,
  curveText,
  cutToWidth,
  durationText,
  percentText,
  textWidth,
} from '../printing/text/index.js';
import type { Colour, Paint } from '../session/index.js';
import { bottleneck } from './bottleneck.js';

const BAR_WIDTH = 30;

/** A shorter bar says less than the percentage beside it. */
const BAR_MIN_WIDTH = 8;

/** Points of the loss curve. */
export const CURVE_WIDTH = 24;

const STATE_COLOURS: Partial<Record<RunStateName, Colour>> = {
  SUCCEEDED: 'green',
  FAILED: 'red',
  CANCELLED: 'red',
  PAUSED: 'yellow',
};

/** A part of a line. Its width is counted before colours are added. */
type Piece = string | readonly [colour: Colour, text: string];

/**
 * Replaces the lines that were shown before; the cursor stands below them. Each line is cleared by itself: if the
 * screen were cleared as a whole, some terminals would add it to their scrollback at every update.
 */
export function rewritten(lines: readonly string[], shownCount: number): string {
  const up = shownCount > 0 ? `\u001b[${shownCount}A\r` : '';
  const below = lines.length < shownCount ? '\u001b[J' : '';
  return `${up}${lines.map((line) => `\u001b[K${line}\n`).join('')}${below}`;
}

/**
 * The lines of a live view.
 *
 * @param losses - for equal parts of the steps so far, NaN if not known.
 * @param width - columns of the terminal; lines are cut to it, since a wrapped line cannot be rewritten.
 */
export function liveLines(
  run: Run,
  losses: readonly number[],
  width: number,
  paint: Paint,
): string[] {
  const { progress } = run;
  const state = runStateName(run);
  const lines: Piece[][] = [[['bold', run.runId], '  ', [STATE_COLOURS[state] ?? 'cyan', state]]];
  if (progress !== undefined && progress.step > 0) {
    lines.push(progressLine(run, progress, width), rateLine(progress), lossLine(progress, losses));
    if (progress.validationNll > 0) lines.push(validationLine(progress));
  }
  const narrow = bottleneck(run);
  if (narrow !== undefined) {
    lines.push(['  bottleneck  ', ['bold', narrow.name], `  ${narrow.text}`]);
  } else if (run.reason !== '') {
    lines.push([`  ${run.reason}`]);
  }
  const degraded = degradedText(run);
  if (degraded !== undefined) lines.push([['yellow', `  ${degraded}`]]);
  for (const warning of run.warnings) lines.push([['yellow', '  warning: '], warning]);
  if (isPaused(run)) lines.push([`  ${pauseAdvice(run)}`]);
  return lines.map((pieces) => painted(pieces, width, paint));
}

/**
 * Cut to the width, then coloured. Colours take no room on screen; line ends are removed: they could not be rewritten.
 */
function painted(pieces: readonly Piece[], width: number, paint: Paint): string {
  let left = width;
  return pieces
    .map((piece) => {
      const [colour, text] = typeof piece === 'string' ? [undefined, piece] : piece;
      const cut = cutToWidth(printable(text.replaceAll('\n', ' ')), left);
      left -= textWidth(cut);
      return colour === undefined || cut === '' ? cut : paint(colour, cut);
    })
    .join('');
}

/** As many parts as fit; at least the progress and the remaining time. */
function progressLine(run: Run, progress: RunProgress, width: number): Piece[] {
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
  // Two spaces before the bar and two behind it.
  const barWidth = Math.min(BAR_WIDTH, width - all.length - 4);
  if (barWidth >= BAR_MIN_WIDTH) return ['  ', ['cyan', barText(share, barWidth)], `  ${all}`];
  return [`  ${texts.find((text) => text.length + 2 <= width) ?? texts.at(-1)}`];
}

function rateLine({ samplesPerSecond, waitingShare, learningRate }: RunProgress): Piece[] {
  const rate = Number(learningRate.toPrecision(3));
  return [
    `  ${countText(samplesPerSecond)} samples/s  waiting ${percentText(waitingShare, 1)}  lr ${rate}`,
  ];
}

function lossLine({ loss }: RunProgress, losses: readonly number[]): Piece[] {
  const text = `  loss ${loss.toFixed(4)}`;
  const first = losses.find(Number.isFinite);
  if (first === undefined || losses.length < 2) return [text];
  return [`${text}  `, ['cyan', curveText(losses)], `  from ${first.toFixed(4)}`];
}

function validationLine({ validationAccuracy, validationNll }: RunProgress): Piece[] {
  return [`  validation ${percentText(validationAccuracy)}  nll ${validationNll.toFixed(4)}`];
}

/** The remaining time at the present rate; an epoch's shorter last batch counts as a whole one. */
function remainingText({ progress, state, specificationJson }: Run): string {
  if (progress === undefined || state !== RunState.RUN_STATE_TRAINING) return '';
  if (progress.samplesPerSecond <= 0 || specificationJson === '') return '';
  const { spec } = JSON.parse(specificationJson) as RunSpecification;
  const samples = (progress.stepCount - progress.step) * spec.training.batchSize;
  return `about ${durationText((samples / progress.samplesPerSecond) * 1000)} left`;
}
