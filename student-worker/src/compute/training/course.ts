/** Whether a training goes on, and what waits for its end: it is told to stop, or it fails. */
import type { LyceumError } from '@lyceum/proto';
import type { Stop } from '../../job/index.js';

export class Course {
  /** Resolves when it goes on no more. */
  readonly halted: Promise<void>;
  /** Resolves when nothing of it is wanted any more. */
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

  /** The first failure stays. */
  fail(failure: LyceumError): void {
    this.#failure ??= failure;
    this.#halt();
  }

  /** @throws {LyceumError} what it failed with, if it did. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
