/**
 * Figures of the targets of a piece, step by step as its rows are combined, for the run's history, which the student
 * keeps. Pure.
 */
import { type TargetSums, targetSumValues } from '@lyceum/learning/history';
import type { StepFigures } from '@lyceum/proto';
import type { TargetRange } from './flow/index.js';

export interface PieceFiguresParts {
  readonly piece: TargetRange;
  readonly batchSize: number;
  /** Rows of the piece. */
  readonly rowCount: number;
  /** Teachers that the history describes: the first ones in ensemble order. */
  readonly teacherCount: number;
  readonly openSpans: number;
  /**
   * By ensemble index, for teachers that needed a ticket: the time from the ticket's issue to the end of its answer.
   */
  readonly latenciesMs: ReadonlyMap<number, number>;
}

export class PieceFigures {
  readonly #parts: PieceFiguresParts;
  #step: number;
  /** Rows of the piece that have been combined. */
  #rows = 0;
  /** Counts of the current step, by teacher. */
  readonly #compared: Uint32Array;
  readonly #disagreeing: Uint32Array;

  constructor(parts: PieceFiguresParts) {
    this.#parts = parts;
    this.#step = parts.piece.firstStep;
    this.#compared = new Uint32Array(parts.teacherCount);
    this.#disagreeing = new Uint32Array(parts.teacherCount);
  }

  /**
   * The next rows have been combined.
   *
   * @param disagreements - [teachers, rowCount], as `disagreements` gives them.
   * @returns figures of the steps that end with one of these rows.
   */
  add(rowCount: number, disagreements: Int8Array): StepFigures[] {
    const { batchSize, teacherCount } = this.#parts;
    const ended: StepFigures[] = [];
    for (let row = 0; row < rowCount; row++) {
      for (let teacher = 0; teacher < teacherCount; teacher++) {
        const verdict = disagreements[teacher * rowCount + row] as number;
        if (verdict < 0) continue;
        this.#compared[teacher] = (this.#compared[teacher] as number) + 1;
        this.#disagreeing[teacher] = (this.#disagreeing[teacher] as number) + verdict;
      }
      this.#rows++;
      const isLast = this.#rows % batchSize === 0 || this.#rows === this.#parts.rowCount;
      if (isLast) ended.push(this.#endStep());
    }
    return ended;
  }

  #endStep(): StepFigures {
    const { openSpans, teacherCount } = this.#parts;
    const teachers = Array.from({ length: teacherCount }, (_, teacher) => this.#sumsOf(teacher));
    this.#compared.fill(0);
    this.#disagreeing.fill(0);
    return { step: this.#step++, values: targetSumValues({ openSpans, teachers }) };
  }

  #sumsOf(teacher: number): TargetSums['teachers'][number] {
    const { piece, latenciesMs } = this.#parts;
    if (!piece.contributors.includes(teacher)) return undefined;
    const latencyMs = latenciesMs.get(teacher);
    return {
      share: 1,
      comparedRows: this.#compared[teacher] as number,
      disagreeingRows: this.#disagreeing[teacher] as number,
      tickets: latencyMs === undefined ? 0 : 1,
      latencyMs: latencyMs ?? 0,
    };
  }
}
