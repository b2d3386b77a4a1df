/** Which samples lie at the positions of a run's spans: computed once for all teachers and the target. */
import { batchSpan, type OrderKey } from '@lyceum/learning/orders';
import type { DatasetOutline } from '../artifacts/index.js';
import { type SpanGrid, spanAt, spanOfStep } from '../schedule/index.js';
import { spanSamples } from '../tickets/asks/index.js';
import type { StepRange } from './flow/index.js';

export class SpanSamples {
  readonly #dataset: DatasetOutline;
  readonly #grid: SpanGrid;
  readonly #order: OrderKey;
  readonly #known = new Map<number, Uint32Array>();
  readonly #keptCount: () => number;

  /** @param keptCount - how many spans to keep now; other spans are computed again. */
  constructor(dataset: DatasetOutline, grid: SpanGrid, order: OrderKey, keptCount: () => number) {
    this.#dataset = dataset;
    this.#grid = grid;
    this.#order = order;
    this.#keptCount = keptCount;
  }

  /** [positions of the span], by position. */
  ofSpan(span: number): Uint32Array {
    const known = this.#known.get(span);
    if (known !== undefined) return known;
    const at = spanAt(this.#grid, span);
    const samples = spanSamples(this.#dataset, 'train', at, this.#order);
    this.#known.set(span, samples);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#keptCount() && oldest !== undefined) this.#known.delete(oldest);
    return samples;
  }

  /** The samples of steps that lie in one span, by position. */
  ofSteps(steps: StepRange): Uint32Array {
    const span = spanOfStep(this.#grid, steps.firstStep);
    const { firstPosition, positionCount } = positionsOf(this.#grid, steps);
    const offset = firstPosition - spanAt(this.#grid, span).firstPosition;
    return this.ofSpan(span).subarray(offset, offset + positionCount);
  }
}

/** Positions of steps that lie in one span. */
export function positionsOf({ plan }: SpanGrid, { firstStep, endStep }: StepRange) {
  const first = batchSpan(plan, firstStep);
  const last = batchSpan(plan, endStep - 1);
  const positionCount = last.firstPosition + last.positionCount - first.firstPosition;
  return { epoch: first.epoch, firstPosition: first.firstPosition, positionCount };
}
