/**
 * The true classes behind the answers of several teachers, each with habits of its own, by expectation maximisation:
 *
 *     E   T_nc ∝ π_c Πₖ Π_v eₖ[v, c]^mₖₙᵥ
 *     M   π_c = mean T_nc,  eₖ[v, c] ∝ Σₙ mₖₙᵥ T_nc, over the observed class v
 *
 * from the fractions Σₖ mₖₙᵥ, as π, M, then (E, π, M) again and again. Dawid & Skene 1979, §3,
 * https://doi.org/10.2307/2346806, where m are counts of how often a teacher named a class. A teacher's answers to one
 * sample are taken to be independent, given the class. Fewer than three teachers do not determine the result.
 *
 * Symbols: N samples, C classes, K teachers; of teacher k and sample n, mₖₙᵥ answers that name class v, or one vote
 * vₖₙ, −1 for none; posterior T [N, C], priors π [C], confusion eₖ [C, C] with the observed class first.
 */
import { LyceumError } from '@lyceum/proto';
import { softmaxInPlace } from '../../arrays/index.js';
import { voteFractions } from './vote-fractions.js';

export interface DawidSkeneOptions {
  /** At most this many rounds of (E, π, M). */
  readonly iterationCount?: number;
  /** Stop when the mean log-likelihood of a sample changes by less. */
  readonly tolerance?: number;
  /** Added to every count. Without it posteriors fall to 1e-31, surer than any vote. */
  readonly smoothing?: number;
  /** Counts are at least this. */
  readonly countFloor?: number;
  /** Known classes [N], or −1: their posterior is fixed. */
  readonly knownLabels?: ArrayLike<number>;
}

export interface DawidSkene {
  /** T [N, C], row-major. */
  readonly posterior: Float64Array;
  /** π [C]. */
  readonly priors: Float64Array;
  /** eₖ [C, C] for each teacher, [observed, true] row-major; each column sums to 1. */
  readonly confusions: readonly Float64Array[];
}

/**
 * @param votes - one [N] a teacher: classes in [0, C), or −1. A sample without votes starts at equal posteriors.
 * @throws {LyceumError} INVALID_ARGUMENT if there are no votes, lengths differ or a class is out of range.
 */
export function dawidSkene(
  votes: readonly ArrayLike<number>[],
  classCount: number,
  options: DawidSkeneOptions = {},
): DawidSkene {
  const sampleCount = votes[0]?.length ?? 0;
  if (sampleCount === 0 || votes.some((own) => own.length !== sampleCount)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want one vote a sample of each teacher, got [${votes.map((own) => own.length).join(', ')}]`,
    );
  }
  const posterior = startingPosterior(votes, sampleCount, classCount);
  return fitted(votes.map(ofVotes), posterior, classCount, options);
}

/**
 * As {@link dawidSkene}, where a teacher may have answered a sample several times.
 *
 * @param counts - one [N, C] a teacher: how often it named each class, ≥ 0; or the shares of its answers, which then
 *   weigh together as one.
 * @throws {LyceumError} INVALID_ARGUMENT if there are no counts, lengths differ or a count is negative.
 */
export function dawidSkeneOfCounts(
  counts: readonly Float64Array[],
  classCount: number,
  options: DawidSkeneOptions = {},
): DawidSkene {
  const length = counts[0]?.length ?? 0;
  const isWrong = (own: Float64Array) => own.length !== length || !own.every((m) => m >= 0);
  if (length === 0 || length % classCount !== 0 || counts.some(isWrong)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want ${classCount} counts ≥ 0 a sample of each teacher, got [${counts.map((own) => own.length).join(', ')}]`,
    );
  }
  const posterior = new Float64Array(length);
  for (let from = 0; from < length; from += classCount) {
    const row = posterior.subarray(from, from + classCount);
    for (const own of counts) {
      for (let c = 0; c < classCount; c++) row[c] = (row[c] as number) + (own[from + c] as number);
    }
    const sum = row.reduce((all, count) => all + count, 0);
    row.set(row.map((count) => (sum > 0 ? count / sum : 1 / classCount)));
  }
  const answers = counts.map((own) => ofCounts(own, classCount));
  return fitted(answers, posterior, classCount, options);
}

/** A teacher's answers to a sample, a class at a time. */
type Answers = (sample: number, each: (vote: number, count: number) => void) => void;

const ofVotes =
  (votes: ArrayLike<number>): Answers =>
  (sample, each) => {
    const vote = votes[sample] as number;
    if (vote >= 0) each(vote, 1);
  };

const ofCounts =
  (counts: Float64Array, classCount: number): Answers =>
  (sample, each) => {
    for (let v = 0; v < classCount; v++) {
      const count = counts[sample * classCount + v] as number;
      if (count > 0) each(v, count);
    }
  };

/** @param posterior - the starting point, which is overwritten. */
function fitted(
  answers: readonly Answers[],
  posterior: Float64Array,
  classCount: number,
  {
    iterationCount = 100,
    tolerance = 1e-5,
    smoothing = 0.5,
    countFloor = 1e-10,
    knownLabels,
  }: DawidSkeneOptions,
): DawidSkene {
  const sampleCount = posterior.length / classCount;
  const clamp = () => clampKnown(posterior, classCount, knownLabels);
  clamp();
  const confusionsNow = () =>
    answers.map((own) => confusion(own, posterior, classCount, smoothing, countFloor));
  let priors = meanRow(posterior, classCount);
  let confusions = confusionsNow();
  let likelihood = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < iterationCount; round++) {
    const next = expect(answers, priors, confusions, posterior) / sampleCount;
    clamp();
    priors = meanRow(posterior, classCount);
    confusions = confusionsNow();
    if (Math.abs(next - likelihood) < tolerance) break;
    likelihood = next;
  }
  return { posterior, priors, confusions };
}

/**
 * The E step for samples that were not fitted on: T [N, C] of their votes under known priors and confusions.
 *
 * @param votes - as {@link dawidSkene} takes them.
 */
export function dawidSkenePosterior(
  votes: readonly ArrayLike<number>[],
  { priors, confusions }: Pick<DawidSkene, 'priors' | 'confusions'>,
): Float64Array {
  const posterior = new Float64Array((votes[0]?.length ?? 0) * priors.length);
  expect(votes.map(ofVotes), priors, confusions, posterior);
  return posterior;
}

function startingPosterior(
  votes: readonly ArrayLike<number>[],
  sampleCount: number,
  classCount: number,
): Float64Array {
  const out = new Float64Array(sampleCount * classCount);
  for (let n = 0; n < sampleCount; n++) {
    const fractions = voteFractions(
      votes.map((own) => own[n] as number),
      classCount,
    );
    if (fractions === null) out.fill(1 / classCount, n * classCount, (n + 1) * classCount);
    else out.set(fractions, n * classCount);
  }
  return out;
}

/** The E step, into `posterior`. @returns the log-likelihood of all answers. */
function expect(
  answers: readonly Answers[],
  priors: Float64Array,
  confusions: readonly Float64Array[],
  posterior: Float64Array,
): number {
  const classCount = priors.length;
  const logPriors = priors.map(Math.log);
  const logConfusions = confusions.map((own) => own.map(Math.log));
  let total = 0;
  for (let from = 0, n = 0; from < posterior.length; from += classCount, n++) {
    const row = posterior.subarray(from, from + classCount);
    row.set(logPriors);
    for (const [k, own] of answers.entries()) {
      const logs = logConfusions[k] as Float64Array;
      own(n, (vote, count) => {
        for (let c = 0; c < classCount; c++) {
          row[c] = (row[c] as number) + count * (logs[vote * classCount + c] as number);
        }
      });
    }
    const greatest = Math.max(...row);
    total += greatest + Math.log(row.reduce((sum, log) => sum + Math.exp(log - greatest), 0));
    softmaxInPlace(row);
  }
  return total;
}

/** eₖ of one teacher: smoothed, floored counts over their column's sum. */
function confusion(
  answers: Answers,
  posterior: Float64Array,
  classCount: number,
  smoothing: number,
  countFloor: number,
): Float64Array {
  const counts = new Float64Array(classCount * classCount).fill(smoothing);
  for (let from = 0, n = 0; from < posterior.length; from += classCount, n++) {
    answers(n, (vote, count) => {
      for (let c = 0; c < classCount; c++) {
        const at = vote * classCount + c;
        counts[at] = (counts[at] as number) + count * (posterior[from + c] as number);
      }
    });
  }
  const sums = new Float64Array(classCount);
  for (const [at, count] of counts.entries()) {
    counts[at] = Math.max(countFloor, count);
    sums[at % classCount] = (sums[at % classCount] as number) + (counts[at] as number);
  }
  return counts.map((count, at) => count / (sums[at % classCount] as number));
}

function meanRow(rows: Float64Array, classCount: number): Float64Array {
  const out = new Float64Array(classCount);
  for (const [at, value] of rows.entries()) {
    out[at % classCount] = (out[at % classCount] as number) + value;
  }
  return out.map((sum) => (sum * classCount) / rows.length);
}

function clampKnown(
  posterior: Float64Array,
  classCount: number,
  knownLabels: ArrayLike<number> | undefined,
): void {
  for (let n = 0; n < (knownLabels?.length ?? 0); n++) {
    const label = knownLabels?.[n] as number;
    if (label < 0) continue;
    posterior.fill(0, n * classCount, (n + 1) * classCount);
    posterior[n * classCount + label] = 1;
  }
}
