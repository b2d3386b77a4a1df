/** Which samples of a set are in memory, and where. */
import { LyceumError } from '@lyceum/proto';

export class HeldSamples {
  readonly #rows = new Map<number, number>();

  /** @param samples - indices into the set: entry r is the sample of row r. */
  constructor(samples: Uint32Array) {
    for (const [row, sample] of samples.entries()) this.#rows.set(sample, row);
  }

  /** @throws {LyceumError} INTERNAL if the sample is not held: callers must have it read before they use it. */
  row(sample: number): number {
    const row = this.#rows.get(sample);
    if (row !== undefined) return row;
    const message = `sample ${sample} is not among the ${this.#rows.size} that are in memory`;
    throw new LyceumError('INTERNAL', message);
  }
}
