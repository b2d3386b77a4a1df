/**
 * The pictures of a training's batches, for a set in shards. The windows of the present step and the next one are in
 * memory or being read. Encoded pictures are fetched ahead to the end of the second span after the present one.
 *
 * A window is a number of consecutive steps of an epoch. A span is the number of steps that share their shards'
 * chunks.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import type { StepPlan } from '@lyceum/learning/orders';
import { LyceumError } from '@lyceum/proto';
import type { HeldPart, SampleWindows } from './sample-windows.js';

/** Spans after the present one that are fetched ahead. */
const SPANS_AHEAD = 2;

export interface BatchWindowsOptions {
  readonly plan: StepPlan;
  /** Number of steps of a window, and of a span. */
  readonly windowSteps: number;
  readonly spanSteps: number;
  /** All samples that the batches of these steps of one epoch need, each once. */
  readonly samplesOf: (firstStep: number, stepCount: number) => Uint32Array;
}

interface Opening {
  readonly ready: Promise<void>;
  part: HeldPart | undefined;
  isClosed: boolean;
}

export class BatchWindows {
  readonly #windows: SampleWindows;
  readonly #options: BatchWindowsOptions;
  /** By the first step of each window. */
  readonly #openings = new Map<number, Opening>();
  /** The first step of the first window that was not fetched ahead yet. */
  #aheadStep: number | undefined;

  constructor(windows: SampleWindows, options: BatchWindowsOptions) {
    this.#windows = windows;
    this.#options = options;
  }

  /**
   * Moves on to a step.
   *
   * @returns a promise to await before {@link dataset} is called; undefined: nothing to await. It rejects as
   *   `SampleWindows.open` does.
   */
  awaited(step: number): Promise<void> | undefined {
    const { windowSteps } = this.#options;
    const own = this.#start(step, windowSteps);
    const next = this.#end(own, windowSteps);
    for (const [first, opening] of this.#openings) {
      if (first < own || first > next) this.#close(first, opening);
    }
    this.#askAhead(step);
    const opening = this.#opening(own);
    if (next < this.#options.plan.stepCount) this.#opening(next);
    return opening.part === undefined ? opening.ready : undefined;
  }

  /** The set with the pictures that the step's batch needs. They must have been awaited. */
  dataset(step: number): Dataset {
    const own = this.#start(step, this.#options.windowSteps);
    const part = this.#openings.get(own)?.part;
    if (part !== undefined) return part.dataset;
    throw new LyceumError('INTERNAL', `the pictures of step ${step} were not awaited`);
  }

  close(): void {
    for (const [first, opening] of this.#openings) this.#close(first, opening);
  }

  #opening(firstStep: number): Opening {
    const known = this.#openings.get(firstStep);
    if (known !== undefined) return known;
    const stepCount = this.#end(firstStep, this.#options.windowSteps) - firstStep;
    const opened = this.#windows.open(this.#options.samplesOf(firstStep, stepCount));
    const ready = opened.then((part) => {
      if (opening.isClosed) part.close();
      else opening.part = part;
    });
    const opening: Opening = { ready, part: undefined, isClosed: false };
    // The error of a window that is never reached does not matter.
    ready.catch(() => undefined);
    this.#openings.set(firstStep, opening);
    return opening;
  }

  #close(firstStep: number, opening: Opening): void {
    this.#openings.delete(firstStep);
    opening.isClosed = true;
    opening.part?.close();
  }

  /** Fetches each window ahead once. */
  #askAhead(step: number): void {
    const { plan, windowSteps, spanSteps, samplesOf } = this.#options;
    let end = this.#start(step, spanSteps);
    for (let spans = 0; spans <= SPANS_AHEAD; spans++) end = this.#end(end, spanSteps);
    let first = this.#aheadStep ?? this.#start(step, windowSteps);
    while (first < end && first < plan.stepCount) {
      const next = this.#end(first, windowSteps);
      this.#windows.fetchAhead(samplesOf(first, next - first));
      first = next;
    }
    this.#aheadStep = first;
  }

  /** The first step of the piece of `steps` steps that contains `step`; pieces begin anew with each epoch. */
  #start(step: number, steps: number): number {
    const inEpoch = step % this.#options.plan.stepsPerEpoch;
    return step - (inEpoch % steps);
  }

  /** The end of the piece that begins with `firstStep`. */
  #end(firstStep: number, steps: number): number {
    const { stepsPerEpoch, stepCount } = this.#options.plan;
    const epochEnd = (Math.floor(firstStep / stepsPerEpoch) + 1) * stepsPerEpoch;
    return Math.min(firstStep + steps, epochEnd, stepCount);
  }
}
