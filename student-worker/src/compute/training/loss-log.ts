/**
 * The losses of the last steps, left where they were computed and read back together: on a GPU reading one
 * waits for all work before it.
 */
import type { Engine, Scalar } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';

/** Steps after which the losses are read back at the latest, so that a failed run stops soon. */
const GREATEST_LAG = 64;

export class LossLog {
  readonly #engine: Engine;
  #firstStep: number;
  #pending: Scalar[] = [];
  #sum = 0;
  #count = 0;

  /** @param firstStep - step (from 0) of the first loss. */
  constructor(engine: Engine, firstStep: number) {
    this.#engine = engine;
    this.#firstStep = firstStep;
  }

  /**
   * Takes the loss of the next step and owns it.
   *
   * @throws as {@link check}, from time to time.
   */
  add(loss: Scalar): void {
    this.#pending.push(loss);
    if (this.#pending.length >= GREATEST_LAG) this.check();
  }

  /** @throws {LyceumError} FAILED_PRECONDITION naming the first step whose loss is not finite. */
  check(): void {
    if (this.#pending.length === 0) return;
    const { tf } = this.#engine;
    const losses = tf.tidy(() => tf.stack(this.#pending).dataSync());
    tf.dispose(this.#pending);
    this.#pending = [];
    for (const [index, loss] of losses.entries()) {
      if (!Number.isFinite(loss)) {
        throw new LyceumError(
          'FAILED_PRECONDITION',
          `the loss of step ${this.#firstStep + index + 1} is ${loss}; a lower learning rate or clipNorm may help`,
        );
      }
      this.#sum += loss;
    }
    this.#count += losses.length;
    this.#firstStep += losses.length;
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
    this.#engine.tf.dispose(this.#pending);
    this.#pending = [];
  }
}
