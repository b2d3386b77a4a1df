/**
 * Measures the student: logits of a split, validation, latency. Lets the event loop run between batches.
 *
 * Logits come from one graph if it gives the same bits for the first batch, which is computed both ways.
 */
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { type Dataset, type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { accuracy, nll } from '@lyceum/learning/ensemble';
import { measuredSamples } from '@lyceum/learning/orders';
import { type Engine, type FedValues, Inference } from '@lyceum/learning/tensorflow';
import { IDENTITY_VIEW, readInputs, readsBytes } from '@lyceum/learning/views';
import { elementCount } from '@lyceum/proto';
import type { Validation } from '../../job/index.js';
import type { HeldPart, SampleWindows } from './sample-windows.js';
import type { Student } from './student.js';

/** Rows of one inference: enough that overhead does not matter, few enough for any memory. */
const EVALUATION_ROWS = 256;

const WARMUP_RUNS = 10;
const LATENCY_RUNS = 100;

export class Evaluation {
  readonly #engine: Engine;
  readonly #student: Student;
  readonly #dataset: Dataset;
  readonly #windows: SampleWindows;
  readonly #inference: Inference;
  readonly #untraced: (reason: string) => void;
  #isTraced = false;

  /** @param untraced - called once with the reason if inferences run operation by operation. */
  constructor(
    engine: Engine,
    student: Student,
    dataset: Dataset,
    windows: SampleWindows,
    untraced: (reason: string) => void,
  ) {
    this.#engine = engine;
    this.#student = student;
    this.#dataset = dataset;
    this.#windows = windows;
    this.#inference = this.#inferenceOf(EVALUATION_ROWS);
    this.#untraced = untraced;
  }

  /**
   * Logits of the split's measured samples, in their order.
   *
   * @param stopped - called between batches; true ends the pass.
   * @returns [N, C], or undefined if stopped.
   */
  async logits(split: SplitName, stopped: () => boolean): Promise<Float32Array | undefined> {
    const { classCount, sampleShape } = this.#dataset;
    const samples = measuredSamples(this.#dataset, split);
    const out = new Float32Array(samples.length * classCount);
    const length = EVALUATION_ROWS * elementCount(sampleShape);
    const isBytes = readsBytes(this.#dataset, IDENTITY_VIEW);
    const inputs = isBytes ? new Uint8Array(length) : new Float32Array(length);
    this.#student.settle();
    this.#inference.weightsChanged();
    let row = 0;
    for await (const { dataset, chunk } of this.#chunks(samples)) {
      readInputs(dataset, chunk, IDENTITY_VIEW, inputs);
      this.#traceOnce(inputs, chunk.length);
      out.set(this.#inference.run(inputs, chunk.length), row * classCount);
      row += chunk.length;
      await yieldToEventLoop();
      if (stopped()) return undefined;
    }
    return out;
  }

  /** The samples in chunks. Each is in memory until the next is asked for; meanwhile the next one is read. */
  async *#chunks(
    samples: Uint32Array,
  ): AsyncGenerator<{ readonly dataset: Dataset; readonly chunk: Uint32Array }> {
    const at = (row: number) => samples.subarray(row, row + EVALUATION_ROWS);
    const open = (row: number): Promise<HeldPart> | undefined => {
      const opened = row < samples.length ? this.#windows.open(at(row)) : undefined;
      // Awaited later, or never if the pass is stopped.
      opened?.catch(() => undefined);
      return opened;
    };
    let next = open(0);
    try {
      for (let row = 0; next !== undefined; row += EVALUATION_ROWS) {
        const { dataset, close } = await next;
        next = open(row + EVALUATION_ROWS);
        try {
          yield { dataset, chunk: at(row) };
        } finally {
          close();
        }
      }
    } finally {
      next?.then(({ close }) => close()).catch(() => undefined);
    }
  }

  /**
   * @param step - number of steps taken, for the record.
   * @returns undefined if stopped, or if no sample of the split has a label.
   */
  async validate(step: number, stopped: () => boolean): Promise<Validation | undefined> {
    const samples = splitSamples(this.#dataset, 'validation');
    const labels = Int32Array.from(samples, (sample) => this.#dataset.labels[sample] as number);
    if (!labels.some((label) => label >= 0)) return undefined;
    const logits = await this.logits('validation', stopped);
    if (logits === undefined) return undefined;
    const { classCount } = this.#dataset;
    return {
      step,
      accuracy: accuracy(logits, labels, classCount),
      nll: nll(logits, labels, classCount),
    };
  }

  /** Median milliseconds of one inference of one sample, input and output included. */
  latencyBatch1Ms(now: () => number): number {
    const inference = this.#inferenceOf(1);
    const input = new Float32Array(elementCount(this.#dataset.sampleShape));
    const times = Array.from({ length: WARMUP_RUNS + LATENCY_RUNS }, () => {
      const start = now();
      inference.run(input, 1);
      return now() - start;
    });
    const sorted = times.slice(WARMUP_RUNS).sort((a, b) => a - b);
    return sorted[LATENCY_RUNS / 2] as number;
  }

  dispose(): void {
    this.#inference.dispose();
  }

  #traceOnce(inputs: FedValues, rowCount: number): void {
    if (this.#isTraced) return;
    this.#isTraced = true;
    const reason = this.#inference.trace(inputs, rowCount);
    if (reason !== undefined) this.#untraced(reason);
  }

  #inferenceOf(rows: number): Inference {
    const { model, settings } = this.#student;
    return new Inference(this.#engine, model, settings, this.#dataset.sampleShape, rows);
  }
}
