/**
 * Which teachers each span's targets are made of, in a run whose quorum is below all its teachers.
 *
 * A span is decided on once, when the first of its targets may leave. The decision stands: a student that takes its
 * steps again gets the same targets. Symbols: K teachers; contributors are ensemble indices, rising.
 */
import { endStepOfSpan, firstStepOfSpan, type SpanGrid } from './span-grid.js';

export interface ContributorCounts {
  /** Steps whose targets were made of fewer than all teachers. */
  readonly degradedSteps: number;
  /** Steps of spans whose contributors are not known. */
  readonly unknownSteps: number;
  /** [K] steps that each teacher contributed to. */
  readonly teacherSteps: readonly number[];
}

export class SpanDecisions {
  readonly #grid: SpanGrid;
  readonly #teacherCount: number;
  readonly #decided: Map<number, readonly number[]>;
  #degradedSteps = 0;

  /** @param decided - contributors by span, of the decisions made before. */
  constructor(
    grid: SpanGrid,
    teacherCount: number,
    decided: ReadonlyMap<number, readonly number[]>,
  ) {
    this.#grid = grid;
    this.#teacherCount = teacherCount;
    this.#decided = new Map(decided);
    for (const [span, contributors] of decided) this.#count(span, contributors);
  }

  /** The span's contributors; undefined: not decided on yet. */
  of(span: number): readonly number[] | undefined {
    return this.#decided.get(span);
  }

  /** Keeps the first decision on a span; a later one changes nothing. */
  decide(span: number, contributors: readonly number[]): void {
    if (this.#decided.has(span)) return;
    this.#decided.set(span, contributors);
    this.#count(span, contributors);
  }

  isDegraded(span: number): boolean {
    const contributors = this.#decided.get(span);
    return contributors !== undefined && contributors.length < this.#teacherCount;
  }

  /** Steps whose targets are made of fewer than all teachers. */
  get degradedSteps(): number {
    return this.#degradedSteps;
  }

  counts(): ContributorCounts {
    const teacherSteps = Array.from({ length: this.#teacherCount }, () => 0);
    let unknownSteps = 0;
    for (let span = 0; span < this.#grid.spanCount; span++) {
      const steps = stepsIn(this.#grid, span);
      const contributors = this.#decided.get(span);
      if (contributors === undefined) unknownSteps += steps;
      for (const teacher of contributors ?? []) {
        teacherSteps[teacher] = (teacherSteps[teacher] ?? 0) + steps;
      }
    }
    return { degradedSteps: this.#degradedSteps, unknownSteps, teacherSteps };
  }

  #count(span: number, contributors: readonly number[]): void {
    if (contributors.length < this.#teacherCount) this.#degradedSteps += stepsIn(this.#grid, span);
  }
}

export function stepsIn(grid: SpanGrid, span: number): number {
  return endStepOfSpan(grid, span) - firstStepOfSpan(grid, span);
}
