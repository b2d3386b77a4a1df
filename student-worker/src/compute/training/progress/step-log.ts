/**
 * The figures of the last steps. They stay where they were computed and are read back together: on a GPU, reading one
 * waits for all work before it. Figures that were read are in the run's history.
 */
import { NO_VALIDATION, STEP_COLUMNS, type StepHistory } from '@lyceum/learning/history';
import type { Engine, Tensor1D } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import { NO_SECONDS, type Seconds } from './stopwatch.js';

/** Figures are read back after at most this many steps, so that a failed run stops soon. */
const GREATEST_LAG = 64;

type Told = Pick<Seconds, 'trainingSeconds' | 'waitingSeconds'>;

interface Pending {
  readonly figures: Tensor1D;
  readonly learningRate: number;
  readonly rows: number;
  readonly targetFigures: readonly number[];
}

export class StepLog {
  readonly history: StepHistory;
  readonly #engine: Engine;
  readonly #stopwatch: { readonly assignment: Told };
  #pending: Pending[] = [];
  #read: Told = NO_SECONDS;
  #sum = 0;
  #count = 0;

  /** @param history - of the run's steps so far; new steps are added to it. */
  constructor(engine: Engine, history: StepHistory, stopwatch: { readonly assignment: Told }) {
    this.#engine = engine;
    this.history = history;
    this.#stopwatch = stopwatch;
  }

  /**
   * Adds the figures of the next step.
   *
   * @param figures - from `TrainStep.run`; owned from here on.
   * @param targetFigures - for the history's columns about targets.
   * @throws as {@link check}, from time to time.
   */
  add(
    figures: Tensor1D,
    learningRate: number,
    rows: number,
    targetFigures: readonly number[] = [],
  ): void {
    this.#pending.push({ figures, learningRate, rows, targetFigures });
    if (this.#pending.length >= GREATEST_LAG) this.check();
  }

  /** @throws {LyceumError} FAILED_PRECONDITION naming the first step whose loss is not finite. */
  check(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const { tf } = this.#engine;
    const tensors = pending.map(({ figures }) => figures);
    const rows = tf.tidy(() => tf.stack(tensors).arraySync() as number[][]);
    tf.dispose(tensors);
    const now = this.#stopwatch.assignment;
    // Clocks are read together with the figures: each of these steps gets an equal part of the time.
    const seconds = (now.trainingSeconds - this.#read.trainingSeconds) / pending.length;
    const waitingSeconds = (now.waitingSeconds - this.#read.waitingSeconds) / pending.length;
    this.#read = now;
    for (const [index, { learningRate, rows: samples, targetFigures }] of pending.entries()) {
      const [loss = Number.NaN, gradientNorm = Number.NaN, ...terms] = rows[index] ?? [];
      if (!Number.isFinite(loss)) {
        throw new LyceumError(
          'FAILED_PRECONDITION',
          `the loss of step ${this.history.endStep + 1} is ${loss}; a lower learning rate or clipNorm may help`,
        );
      }
      const figures = { loss, learningRate, gradientNorm, samples, seconds, waitingSeconds };
      const own = STEP_COLUMNS.map((column) => figures[column]);
      this.history.add([...own, ...terms, ...NO_VALIDATION, ...targetFigures]);
      this.#sum += loss;
    }
    this.#count += pending.length;
  }

  /** Mean loss since the last call. NaN if there was no step. */
  takeMean(): number {
    this.check();
    const mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    return mean;
  }

  dispose(): void {
    for (const { figures } of this.#pending) figures.dispose();
    this.#pending = [];
  }
}
