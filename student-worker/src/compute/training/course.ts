/** The course of a training: whether it goes on, was told to stop, or has failed. Others can wait for its end. */
import type { LyceumError } from '@lyceum/proto';
import type { Stop } from '../../job/index.js';

export class Course {
  /** Resolves when the training goes on no more. */
  readonly halted: Promise<void>;
  /** Resolves when the training was abandoned. */
  readonly abandoned: Promise<void>;
  #halt: () => void = () => {};
  #abandon: () => void = () => {};
  #stop: Stop | undefined;
  #failure: LyceumError | undefined;

  constructor() {
    this.halted = new Promise((resolve) => {
      this.#halt = resolve;
    });
    this.abandoned = new Promise((resolve) => {
      this.#abandon = resolve;
    });
  }

  /** Whether the training was told to stop. */
  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  get isAbandoned(): boolean {
    return this.#stop === 'abandon';
  }

  get goesOn(): boolean {
    return this.#stop === undefined && this.#failure === undefined;
  }

  /** `abandon` wins over `drain`. */
  stop(how: Stop): void {
    if (this.#stop !== 'abandon') this.#stop = how;
    if (how === 'abandon') this.#abandon();
    this.#halt();
  }

  /** Only the first failure counts. */
  fail(failure: LyceumError): void {
    this.#failure ??= failure;
    this.#halt();
  }

  /** @throws {LyceumError} the training's failure, if it has failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
