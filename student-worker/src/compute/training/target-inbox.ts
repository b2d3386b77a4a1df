/**
 * Collects the targets of coming steps, which arrive in blocks of any size, until those of a step are complete.
 *
 * Holds only steps that are not done and lie below the credit. Blocks may repeat or overlap (when a stream was opened
 * again): the bits of a row are the same each time, and the first ones stay.
 */
import { batchSpan, type StepPlan } from '@lyceum/learning/orders';
import { elementCount, LyceumError, shapeMismatch } from '@lyceum/proto';
import type { TargetBlock, TargetBlockTensor, TargetTensorShape } from '../../job/index.js';

/** Values of one target tensor of one step, [rows, ...rowShape], and which rows have come. */
interface PartialTensor {
  values: Float32Array;
  readonly present: Uint8Array;
  missing: number;
}

export class TargetInbox {
  readonly #plan: StepPlan;
  /** Elements of a row, by tensor name. */
  readonly #rowSizes: ReadonlyMap<string, number>;
  readonly #steps = new Map<number, Map<string, PartialTensor>>();
  readonly #figures = new Map<number, readonly number[]>();
  #doneStep: number;
  #creditStep: number;

  constructor(plan: StepPlan, tensors: readonly TargetTensorShape[], firstStep: number) {
    this.#plan = plan;
    this.#rowSizes = new Map(tensors.map(({ name, rowShape }) => [name, elementCount(rowShape)]));
    this.#doneStep = firstStep;
    this.#creditStep = firstStep;
  }

  /** Accepts targets of steps below `creditStep`. */
  allow(creditStep: number): void {
    this.#creditStep = Math.max(this.#creditStep, creditStep);
  }

  /**
   * @throws {LyceumError} INVALID_ARGUMENT if a tensor is unknown, its values do not fill its rows, or rows lie
   *   outside of the epoch; RESOURCE_EXHAUSTED if rows are past the credit.
   */
  put(block: TargetBlock): void {
    for (const tensor of block.tensors) this.#putTensor(block, tensor);
    for (const { step, values } of block.figures) {
      if (step >= this.#doneStep && step < this.#creditStep) this.#figures.set(step, values);
    }
  }

  /** Takes out the figures for the history that came with the step's targets; undefined: none came. */
  takeFigures(step: number): readonly number[] | undefined {
    const figures = this.#figures.get(step);
    this.#figures.delete(step);
    return figures;
  }

  /** Takes out the step's targets, by name; undefined while some are missing. */
  take(step: number): ReadonlyMap<string, Float32Array> | undefined {
    const parts = this.#steps.get(step);
    const complete = [...this.#rowSizes.keys()].every((name) => parts?.get(name)?.missing === 0);
    if (!complete) return undefined;
    this.#steps.delete(step);
    this.#doneStep = step + 1;
    return new Map([...(parts ?? [])].map(([name, part]) => [name, part.values]));
  }

  #putTensor({ epoch, firstPosition }: TargetBlock, tensor: TargetBlockTensor): void {
    const { name, rows, values } = tensor;
    const rowSize = this.#rowSizes.get(name);
    if (rowSize === undefined) {
      throw new LyceumError('INVALID_ARGUMENT', `nobody asked for target ${name}`);
    }
    if (values.length !== rows * rowSize) {
      throw shapeMismatch(`target ${name}`, [rows, rowSize], [values.length]);
    }
    const { batchSize, sampleCount, stepsPerEpoch } = this.#plan;
    const end = firstPosition + rows;
    if (end > sampleCount) {
      const message = `target ${name} has positions up to ${end} of an epoch of ${sampleCount}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    let position = firstPosition;
    while (position < end) {
      const step = epoch * stepsPerEpoch + Math.floor(position / batchSize);
      const span = batchSpan(this.#plan, step);
      const until = Math.min(end, span.firstPosition + span.positionCount);
      const from = (position - firstPosition) * rowSize;
      const part = values.subarray(from, (until - firstPosition) * rowSize);
      this.#putRows(step, name, rowSize, position - span.firstPosition, part, span.positionCount);
      position = until;
    }
  }

  #putRows(
    step: number,
    name: string,
    rowSize: number,
    firstRow: number,
    rows: Float32Array,
    stepRows: number,
  ): void {
    if (step < this.#doneStep) return;
    if (step >= this.#creditStep) {
      const message = `target ${name} of step ${step} came, and credit ends before step ${this.#creditStep}`;
      throw new LyceumError('RESOURCE_EXHAUSTED', message);
    }
    const parts = this.#steps.get(step) ?? new Map<string, PartialTensor>();
    this.#steps.set(step, parts);
    const known = parts.get(name);
    if (known === undefined && rows.length === stepRows * rowSize) {
      parts.set(name, { values: rows, present: new Uint8Array(), missing: 0 });
      return;
    }
    const part = known ?? {
      values: new Float32Array(stepRows * rowSize),
      present: new Uint8Array(stepRows),
      missing: stepRows,
    };
    parts.set(name, part);
    if (part.missing === 0) return;
    for (let row = 0; row < rows.length / rowSize; row++) {
      if (part.present[firstRow + row] === 1) continue;
      part.present[firstRow + row] = 1;
      part.missing--;
      const values = rows.subarray(row * rowSize, (row + 1) * rowSize);
      part.values.set(values, (firstRow + row) * rowSize);
    }
  }
}
