/**
 * What an ensemble loses without each of its teachers, from answers that are already there. Pure.
 *
 * A rule that has to be fitted is fitted again to the remaining teachers: the best weights depend on who else is
 * there. A teacher's temperature depends on it alone, and stays.
 *
 * Symbols: K teachers, N measured samples, M held-out samples that rules are fitted to, C classes.
 */
import { LyceumError } from '@lyceum/proto';
import { argmaxRows } from '../arrays/index.js';
import { combined } from './combination.js';
import { fitOf } from './combine-targets.js';
import { fitCombination } from './fit-combination.js';
import { type MeanInterval, mcNemar, pairedBootstrap, pairedShares } from './metrics/index.js';
import type { Combination, CombinationFit } from './rules/index.js';
import type { KnownClasses } from './teachers/index.js';

export interface EnsembleAnswers {
  readonly combination: Combination;
  /** The fit of all teachers together; `{}` for a rule without one. */
  readonly fit: CombinationFit;
  readonly classCount: number;
  /** In ensemble order. */
  readonly teachers: readonly {
    readonly weight: number;
    readonly knownClasses?: KnownClasses;
    /** [N, C] */
    readonly logits: Float32Array;
    /** [M, C] */
    readonly heldOutLogits: Float32Array;
  }[];
  /** [N] and [M]; −1: none. */
  readonly labels: Int32Array;
  readonly heldOutLabels: Int32Array;
}

export interface LeftOneOut {
  /** Samples that have a label. */
  readonly sampleCount: number;
  readonly all: Scores;
  /** By teacher left out; `missing`: why the remaining teachers cannot be combined. */
  readonly without: readonly (EnsembleLoss | { readonly missing: string })[];
}

interface Scores {
  readonly accuracy: number;
  /** Mean negative log-likelihood of the labels, in nats; null where a label got probability 0. */
  readonly nll: number | null;
}

export interface EnsembleLoss extends Scores {
  /** What the ensemble loses without the teacher, positive if the loss is real, with 95 % intervals over samples. */
  readonly accuracyLoss: MeanInterval;
  readonly nllLoss: MeanInterval | null;
  /**
   * Samples that only the ensemble with the teacher, or only the one without it, gets right; `p` is McNemar's exact p
   * of both.
   */
  readonly onlyWith: number;
  readonly onlyWithout: number;
  readonly p: number;
}

/** Seed of the bootstrap: equal answers have equal intervals. */
const SEED = 1;
/**
 * Greatest number of draws, so that large splits take a second and not a minute. Large splits need fewer resamples.
 */
const DRAWS = 20_000_000;
const [LEAST_RESAMPLES, MOST_RESAMPLES] = [200, 2000];

/** Numbers of one teacher in a block of rows: 8 MiB of float64. */
const BLOCK_VALUES = 1024 * 1024;

/** @returns undefined if no sample has a label. */
export function leaveOneOut(answers: EnsembleAnswers): LeftOneOut | undefined {
  const { teachers, labels, fit } = answers;
  const rows = [...labels.keys()].filter((row) => (labels[row] as number) >= 0);
  if (rows.length === 0) return undefined;
  const everyone = [...teachers.keys()];
  const all = scored(answers, everyone, fit, rows);
  const without = everyone.map((left) => {
    const others = everyone.filter((k) => k !== left);
    try {
      return lossOf(all, scored(answers, others, fitWithout(answers, others), rows));
    } catch (err) {
      if (err instanceof LyceumError) return { missing: err.message };
      throw err;
    }
  });
  return { sampleCount: rows.length, all: scoresOf(all), without };
}

function fitWithout(
  { combination, fit, teachers, heldOutLabels, classCount }: EnsembleAnswers,
  members: readonly number[],
): CombinationFit {
  const heldOut = members.map((k) => teachers[k]?.heldOutLogits as Float32Array);
  const { temperatures } = fitOf(fit, members);
  return fitCombination(combination, heldOut, heldOutLabels, classCount, {
    knownClasses: members.map((k) => teachers[k]?.knownClasses),
    ...(temperatures !== undefined && {
      temperatureOf: (logits) => temperatures[heldOut.indexOf(logits as Float32Array)] as number,
    }),
  });
}

/** Scores on the labelled samples. */
interface SampleScores {
  /** 1 where the answer is the label. */
  readonly right: Int8Array;
  /** Negative log-likelihood of the label; without an answer all classes are equally probable. */
  readonly loss: Float64Array;
}

/**
 * Scores in blocks of rows: rules treat each sample by itself, and a large split would take too much memory at once.
 */
function scored(
  { combination, teachers, labels, classCount }: EnsembleAnswers,
  members: readonly number[],
  fit: CombinationFit,
  rows: readonly number[],
): SampleScores {
  const right = new Int8Array(labels.length);
  const loss = new Float64Array(labels.length);
  const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / classCount));
  const chosen = members.map((k) => teachers[k] as EnsembleAnswers['teachers'][number]);
  for (let first = 0; first < labels.length; first += blockRows) {
    const rowCount = Math.min(blockRows, labels.length - first);
    const part = { from: first * classCount, to: (first + rowCount) * classCount };
    const logs = new Float32Array(rowCount * classCount);
    const batch = {
      teacherLogits: chosen.map(({ logits }) => logits.subarray(part.from, part.to)),
      teacherWeights: chosen.map(({ weight }) => weight),
      knownClasses: chosen.map(({ knownClasses }) => knownClasses),
      rowCount,
      classCount,
    };
    combined(combination, batch, fit).logProbabilities(1, logs);
    const best = argmaxRows(logs, rowCount, classCount);
    for (let n = 0; n < rowCount; n++) {
      const label = labels[first + n] as number;
      right[first + n] = best[n] === label ? 1 : 0;
      loss[first + n] =
        best[n] === -1 ? Math.log(classCount) : -(logs[n * classCount + label] as number);
    }
  }
  return {
    right: Int8Array.from(rows, (row) => right[row] as number),
    loss: Float64Array.from(rows, (row) => loss[row] as number),
  };
}

function lossOf(all: SampleScores, without: SampleScores): EnsembleLoss {
  const { length } = all.right;
  let [onlyWith, onlyWithout] = [0, 0];
  for (let i = 0; i < length; i++) {
    const difference = (all.right[i] as number) - (without.right[i] as number);
    if (difference > 0) onlyWith++;
    if (difference < 0) onlyWithout++;
  }
  const losses = without.loss.map((own, i) => own - (all.loss[i] as number));
  const resamples = Math.floor(DRAWS / length);
  return {
    ...scoresOf(without),
    accuracyLoss: pairedShares(onlyWithout, onlyWith, length),
    nllLoss: losses.every(Number.isFinite)
      ? pairedBootstrap(
          losses,
          SEED,
          Math.min(MOST_RESAMPLES, Math.max(LEAST_RESAMPLES, resamples)),
        )
      : null,
    onlyWith,
    onlyWithout,
    p: mcNemar(onlyWith, onlyWithout),
  };
}

function scoresOf({ right, loss }: SampleScores): Scores {
  const nll = mean(loss);
  return { accuracy: mean(right), nll: Number.isFinite(nll) ? nll : null };
}

function mean(values: Int8Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
