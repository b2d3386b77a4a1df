/**
 * Tells whether a teacher's answers change during a run: less sure, more sure, or in less agreement with the ensemble
 * than at the beginning. Pure. It only warns, since there are many possible causes.
 *
 * Every observation is of a few rows. Observations are taken in blocks; later blocks are compared with the first
 * block. Rows come in a shuffled order, so the blocks of an unchanged teacher differ only by chance.
 *
 * Symbols: n observations in a block, m their mean, v their variance; 0 is the first block. A block deviates if
 * |m − m₀| > max(limit, {@link DRIFT_SIGMAS} √((v + v₀)/n)).
 */

/** Observations in a block. */
export const DRIFT_BLOCK = 64;

/** A difference of so many standard errors is not chance, however many blocks there are. */
const DRIFT_SIGMAS = 6;

/** Differences that a user would want to know of: a share of rows, and a share of the greatest entropy, ln C. */
const AGREEMENT_LIMIT = 0.1;
const ENTROPY_LIMIT = 0.1;

const FIGURES = {
  agreement: { limit: AGREEMENT_LIMIT, text: "agreement with the run's ensemble" },
  entropy: { limit: ENTROPY_LIMIT, text: 'mean entropy, as a share of ln C,' },
} as const;
type Figure = keyof typeof FIGURES;

/** Figures of a few rows, each from 0 to 1. */
type DriftObservation = Readonly<Record<Figure, number>>;

interface Block {
  readonly mean: number;
  readonly variance: number;
}

interface Series {
  values: number[];
  first: Block | undefined;
  isWarned: boolean;
}

export class TeacherDrift {
  readonly #series: Readonly<Record<Figure, Series>> = {
    agreement: { values: [], first: undefined, isWarned: false },
    entropy: { values: [], first: undefined, isWarned: false },
  };

  /** @returns warnings: at most one for each figure in a run. */
  observe(observation: DriftObservation): string[] {
    return (Object.keys(FIGURES) as Figure[]).flatMap((figure) => {
      const series = this.#series[figure];
      series.values.push(observation[figure]);
      if (series.values.length < DRIFT_BLOCK) return [];
      const block = blockOf(series.values);
      series.values = [];
      const { first } = series;
      if (first === undefined) {
        series.first = block;
        return [];
      }
      const { limit, text } = FIGURES[figure];
      if (series.isWarned || !deviates(first, block, limit)) return [];
      series.isWarned = true;
      return [
        `${text} was ${first.mean.toFixed(3)} at the beginning and is ${block.mean.toFixed(3)}`,
      ];
    });
  }
}

function blockOf(values: readonly number[]): Block {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}

function deviates(first: Block, block: Block, limit: number): boolean {
  const error = Math.sqrt((first.variance + block.variance) / DRIFT_BLOCK);
  return Math.abs(block.mean - first.mean) > Math.max(limit, DRIFT_SIGMAS * error);
}
