/** Reports to the coordinator how long a teacher's inferences take, about once a second while there are any. */
import { digestBytes } from '@lyceum/proto';
import type { SessionLink } from './session-link.js';

const INTERVAL_MS = 1_000;

export class InferenceReport {
  readonly #identity: string;
  readonly #link: Pick<SessionLink, 'send'>;
  readonly #nowMs: () => number;
  #sampleCount = 0;
  #inferenceSeconds = 0;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs - milliseconds that only rise. */
  constructor(identity: string, link: Pick<SessionLink, 'send'>, nowMs: () => number) {
    this.#identity = identity;
    this.#link = link;
    this.#nowMs = nowMs;
  }

  add(sampleCount: number, inferenceSeconds: number): void {
    this.#sampleCount += sampleCount;
    this.#inferenceSeconds += inferenceSeconds;
    if (this.#nowMs() - this.#sentAtMs < INTERVAL_MS) return;
    const measured = {
      teacherIdentity: digestBytes(this.#identity),
      sampleCount: this.#sampleCount,
      inferenceSeconds: this.#inferenceSeconds,
    };
    this.#sentAtMs = this.#nowMs();
    this.#sampleCount = 0;
    this.#inferenceSeconds = 0;
    // If the session ends meanwhile, its end is handled elsewhere.
    this.#link.send({ $case: 'measured', measured }).catch(() => undefined);
  }
}
