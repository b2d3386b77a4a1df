/**
 * The grid of spans that a run's tickets are cut on. It is a pure function of the plan and the sizes of answers and
 * pictures, so that a restarted run, or another run of the same settings, asks for the same rows again.
 *
 * Spans are numbered through all epochs: span g is span `g mod spansPerEpoch` of epoch `g div spansPerEpoch`.
 */
import type { Span, StepPlan } from '@lyceum/learning/orders';

/**
 * Wanted positions in a span; the real count differs, since a span is whole batches and an epoch's spans are equal. A
 * ticket costs the coordinator, NATS and a worker together about 10 ms of processor, however short it is. A longer
 * ticket delays the first target, and more work is lost when a worker dies.
 */
const SPAN_POSITIONS = 4096;

/** Most bytes of one teacher's answers in a span, unless one batch is larger: the window is held in memory. */
export const SPAN_BYTES = 8 * 1024 * 1024;

/**
 * Most bytes of a span's decoded pictures, unless one batch is larger. Of a set in shards, a worker holds the pictures
 * of two spans.
 */
export const SPAN_PICTURE_BYTES = 128 * 1024 * 1024;

export interface SpanGrid {
  readonly plan: StepPlan;
  /** A multiple of the batch size; an epoch's last span may be shorter. */
  readonly spanPositions: number;
  readonly stepsPerSpan: number;
  readonly spansPerEpoch: number;
  /** Spans that the plan's steps touch. */
  readonly spanCount: number;
}

/**
 * The grid of a plan whose teachers answer with `rowBytes` bytes a row.
 *
 * @param pictureBytes - bytes of a decoded picture, of a set in shards: then a span has at most
 *   {@link SPAN_POSITIONS} positions and {@link SPAN_PICTURE_BYTES} bytes of pictures, unless one batch has more.
 */
export function spanGrid(plan: StepPlan, rowBytes: number, pictureBytes?: number): SpanGrid {
  const { sampleCount, batchSize, stepsPerEpoch } = plan;
  const fittingPictures =
    pictureBytes === undefined
      ? Number.POSITIVE_INFINITY
      : Math.min(SPAN_POSITIONS, SPAN_PICTURE_BYTES / pictureBytes);
  const fittingRows = Math.min(SPAN_BYTES / rowBytes, fittingPictures);
  const fittingSteps = Math.max(1, Math.floor(fittingRows / batchSize));
  const wantedSpans = Math.round(sampleCount / SPAN_POSITIONS);
  const equalSpans = Math.max(wantedSpans, Math.ceil(stepsPerEpoch / fittingSteps));
  return gridOfSpans(plan, Math.ceil(stepsPerEpoch / equalSpans) * batchSize);
}

/** The grid of a plan whose spans have `spanPositions` positions: a multiple of the batch size. */
export function gridOfSpans(plan: StepPlan, spanPositions: number): SpanGrid {
  const stepsPerSpan = spanPositions / plan.batchSize;
  const spansPerEpoch = Math.ceil(plan.stepsPerEpoch / stepsPerSpan);
  const grid = { plan, spanPositions, stepsPerSpan, spansPerEpoch };
  return {
    ...grid,
    spanCount: plan.stepCount === 0 ? 0 : spanOfStep(grid, plan.stepCount - 1) + 1,
  };
}

/** Number of the span that holds step `step`. */
export function spanOfStep(grid: Omit<SpanGrid, 'spanCount'>, step: number): number {
  const { stepsPerEpoch } = grid.plan;
  const epoch = Math.floor(step / stepsPerEpoch);
  const stepInEpoch = step - epoch * stepsPerEpoch;
  return epoch * grid.spansPerEpoch + Math.floor(stepInEpoch / grid.stepsPerSpan);
}

/** Positions of span `index`. */
export function spanAt(grid: SpanGrid, index: number): Span {
  const epoch = Math.floor(index / grid.spansPerEpoch);
  const firstPosition = (index - epoch * grid.spansPerEpoch) * grid.spanPositions;
  const positionCount = Math.min(grid.spanPositions, grid.plan.sampleCount - firstPosition);
  return { epoch, firstPosition, positionCount };
}

/** The first step of span `index`. */
export function firstStepOfSpan(grid: SpanGrid, index: number): number {
  const epoch = Math.floor(index / grid.spansPerEpoch);
  return epoch * grid.plan.stepsPerEpoch + (index - epoch * grid.spansPerEpoch) * grid.stepsPerSpan;
}

/** The step after the last one of span `index`. */
export function endStepOfSpan(grid: SpanGrid, index: number): number {
  const { stepsPerEpoch, stepCount } = grid.plan;
  const epoch = Math.floor(index / grid.spansPerEpoch);
  const endInEpoch = (index - epoch * grid.spansPerEpoch + 1) * grid.stepsPerSpan;
  return Math.min(epoch * stepsPerEpoch + Math.min(endInEpoch, stepsPerEpoch), stepCount);
}
