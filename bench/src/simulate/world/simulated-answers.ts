/**
 * The answer store in memory, and the right answers. An answer is one number that encodes teacher, view and sample,
 * and whether the teacher's own model gave it.
 *
 * As in the real store, the first answer to a sample stays. An unreadable answer counts as present until it is read.
 */

const MISSING = 0;
const UNREADABLE = -1;

/** The right answer; > 0. */
export function rightAnswer(teacher: number, viewEpoch: number, sample: number): number {
  return (teacher * 1000 + viewEpoch) * 1000 + sample + 1;
}

/** The answer of the other model, which sometimes answers in the teacher's place. */
export function otherAnswer(teacher: number, viewEpoch: number, sample: number): number {
  return rightAnswer(teacher, viewEpoch, sample) + 0.5;
}

/** Answers that were stored together. */
export interface StoredAnswers {
  readonly teacher: number;
  readonly viewEpoch: number;
  readonly samples: readonly number[];
}

export class SimulatedAnswers {
  readonly #sampleCount: number;
  #hasOther = false;
  readonly #tables = new Map<string, Float64Array>();

  constructor(sampleCount: number) {
    this.#sampleCount = sampleCount;
  }

  missingCount(teacher: number, viewEpoch: number, samples: Uint32Array): number {
    const table = this.#table(teacher, viewEpoch);
    let count = 0;
    for (const sample of samples) if (table[sample] === MISSING) count++;
    return count;
  }

  /** @returns the samples that had no answer. */
  put(
    teacher: number,
    viewEpoch: number,
    samples: Uint32Array,
    answers: ArrayLike<number>,
  ): number[] {
    const table = this.#table(teacher, viewEpoch);
    const stored: number[] = [];
    samples.forEach((sample, row) => {
      if (table[sample] !== MISSING) return;
      const answer = answers[row] ?? MISSING;
      table[sample] = answer;
      this.#hasOther ||= answer === otherAnswer(teacher, viewEpoch, sample);
      stored.push(sample);
    });
    return stored;
  }

  drop({ teacher, viewEpoch, samples }: StoredAnswers): void {
    const table = this.#table(teacher, viewEpoch);
    for (const sample of samples) table[sample] = MISSING;
  }

  /** The stored answers of the other model. */
  ofOther(): StoredAnswers[] {
    if (!this.#hasOther) return [];
    return [...this.#tables].map(([key, table]) => {
      const [teacher = 0, viewEpoch = 0] = key.split('/').map(Number);
      const isOther = (sample: number) => table[sample] === otherAnswer(teacher, viewEpoch, sample);
      return { teacher, viewEpoch, samples: [...table.keys()].filter(isOther) };
    });
  }

  /** @returns undefined if an answer is missing or unreadable. An unreadable answer is missing from then on. */
  read(teacher: number, viewEpoch: number, samples: Uint32Array): Float64Array | undefined {
    const table = this.#table(teacher, viewEpoch);
    const answers = new Float64Array(samples.length);
    let sound = true;
    samples.forEach((sample, row) => {
      const answer = table[sample] as number;
      answers[row] = answer;
      if (answer === UNREADABLE) table[sample] = MISSING;
      if (answer === UNREADABLE || answer === MISSING) sound = false;
    });
    return sound ? answers : undefined;
  }

  /** Damages those answers for which `chosen` returns true. */
  damage(chosen: () => boolean): void {
    for (const table of this.#tables.values()) {
      for (let sample = 0; sample < table.length; sample++) {
        if (table[sample] !== MISSING && chosen()) table[sample] = UNREADABLE;
      }
    }
  }

  wipe(): void {
    this.#tables.clear();
  }

  #table(teacher: number, viewEpoch: number): Float64Array {
    const key = `${teacher}/${viewEpoch}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const table = new Float64Array(this.#sampleCount);
    this.#tables.set(key, table);
    return table;
  }
}
