/** What an import did not take from a source: counted, with a few by name, however many there are. */
import type { Problem } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';

/** Stands in a stream of samples for a refused one, so that refusals keep the order of the source. */
export interface RefusedSample {
  /** The file or row that was refused. */
  readonly where: string;
  readonly refusal: SampleRefusedError;
}

/**
 * @returns the result of `work`, or its refusal.
 * @throws every other error of `work`.
 */
export async function orRefused<T>(
  where: string,
  work: () => Promise<T>,
): Promise<T | RefusedSample> {
  try {
    return await work();
  } catch (err) {
    if (err instanceof SampleRefusedError) return { where, refusal: err };
    throw err;
  }
}

export interface RefusedProblem extends Problem {
  readonly reason: string;
}

const FIRST_COUNT = 5;

export class Refusals {
  /** How often each reason was given. */
  readonly reasons = new Map<string, number>();
  /**
   * The first few refusals, and the first one of each further reason: a rare reason is not lost among many of another.
   */
  readonly first: RefusedProblem[] = [];
  count = 0;
  readonly #tell: ((problem: RefusedProblem) => void) | undefined;

  /** @param tell - is called with every refusal. */
  constructor(tell?: (problem: RefusedProblem) => void) {
    this.#tell = tell;
  }

  add({ where, refusal: { reason, message } }: RefusedSample): void {
    this.count += 1;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    const problem = { path: where, message, reason };
    this.#tell?.(problem);
    this.#name(problem);
  }

  /** Adds the refusals of the next part of the source. */
  addAll({ count, reasons, first }: Pick<Refusals, 'count' | 'reasons' | 'first'>): void {
    this.count += count;
    for (const [reason, own] of reasons) {
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + own);
    }
    for (const problem of first) this.#name(problem);
  }

  #name(problem: RefusedProblem): void {
    const isNew = this.first.every(({ reason }) => reason !== problem.reason);
    if (isNew || this.first.length < FIRST_COUNT) this.first.push(problem);
  }
}

/** Files that are left out, because they are not meant as samples. */
export class Ignored {
  readonly first: string[] = [];
  count = 0;

  add(path: string): void {
    this.count += 1;
    if (this.first.length < FIRST_COUNT) this.first.push(path);
  }

  /** Adds the files of the next part of the source. */
  addAll({ count, first }: Pick<Ignored, 'count' | 'first'>): void {
    this.count += count;
    this.first.push(...first.slice(0, FIRST_COUNT - this.first.length));
  }
}
