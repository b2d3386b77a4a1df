/**
 * What a batch's teachers say together by any rule of a run, from their logits and what the rule was fitted to.
 *
 *     arithmetic, geometric    pool.ts; by the teachers' weights, or by their fitted ones
 *     mean-logit               softmax(Σₖ aₖ vₖ/τ): geometric by another name, since answers are finite
 *     majority-vote            the shares of the votes argmax vₖ, by the teachers' weights; no temperature changes them
 *     entropy                  arithmetic, by each sample's `confidenceWeights`
 *     ca-mkd                   arithmetic, by each sample's `caMkdWeights`; needs its label
 *     aekd                     not here: it takes the student's logits, see objectives/adaptive-weights.ts
 *     accuracy, mixture-em     arithmetic, by weights fitted on held-out samples
 *     per-class                `poolPerClass`, by recalls there
 *     plugin                   arithmetic, by the shares of a rule of the user's own
 *     dawid-skene              the posterior of the votes, by confusions there; no temperature changes it
 *
 * Shares come from the teachers' logits at temperature 1, whatever temperature they are pooled at. All is float64, in
 * ensemble order.
 *
 * Where a teacher knows only some of the classes, each class is pooled by those that know it (known-classes-pool.ts) and
 * counts the votes of those that could cast them; per-class weights of the others are 0, and dawid-skene's confusions say
 * what such a teacher votes for samples of classes that it does not know. Rules for which that means nothing are told by
 * {@link needsAllClasses}.
 *
 * Symbols: K teachers with logits vₖ [N, C], shares aₖ, τ `temperature`.
 */
import { LyceumError } from '@lyceum/proto';
import { argmaxRows, type Values } from '../arrays/index.js';
import { checkedShares, ownRule } from '../plugins/index.js';
import type { DistillationSpecification } from '../specification/index.js';
import {
  type AccuracyWeighting,
  type ConfidenceWeighting,
  caMkdWeights,
  caMkdWeightsOfKnown,
  confidenceWeights,
  type DawidSkene,
  dawidSkenePosterior,
  meanLogits,
  type PoolRule,
  poolLogsOfKnown,
  poolLogsWithShares,
  poolPerClass,
  poolWithShares,
  standardizedLogits,
  voteFractions,
} from './rules/index.js';
import {
  calibrate,
  classMask,
  type KnownClasses,
  sharesOrEqual,
  teacherShares,
} from './teachers/index.js';

/** A rule by its name in a run, with the settings that it has. */
export type Combination = { readonly calibrate?: boolean } & (
  | { readonly combine: 'arithmetic' | 'geometric' | 'mean-logit' | 'majority-vote' | 'ca-mkd' }
  | { readonly combine: 'entropy'; readonly weighting: ConfidenceWeighting }
  | { readonly combine: 'aekd'; readonly bound: number }
  | { readonly combine: 'accuracy'; readonly weighting: AccuracyWeighting }
  | { readonly combine: 'per-class' | 'mixture-em' | 'dawid-skene' }
  | {
      readonly combine: 'plugin';
      /** Of the program's plugin. */
      readonly rule: string;
      readonly settings: Readonly<Record<string, number>>;
    }
);

export type CombinationName = Combination['combine'];

/** Whether the rule means something only if every teacher knows every class. */
export function needsAllClasses({ combine }: Pick<Combination, 'combine'>): boolean {
  return combine === 'mixture-em' || combine === 'aekd' || combine === 'plugin';
}

/** The rule that a run names. */
export function combinationOf({
  combine,
  weighting,
  bound,
  calibrate,
  rule,
  settings,
}: DistillationSpecification['spec']['ensemble']): Combination {
  // The specification was checked: the weighting is one of the rule's.
  return {
    combine,
    ...(weighting !== undefined && { weighting }),
    ...(bound !== undefined && { bound }),
    ...(calibrate === true && { calibrate }),
    ...(combine === 'plugin' && { rule, settings: settings ?? {} }),
  } as Combination;
}

/** What `fitCombination` found on held-out samples; only what the rule needs is there. */
export interface CombinationFit {
  /** One a teacher, by which its logits are divided first. */
  readonly temperatures?: readonly number[] | undefined;
  /** Of accuracy and mixture-em: one a teacher. */
  readonly weights?: readonly number[] | undefined;
  /** Of per-class: [C] a teacher. */
  readonly classWeights?: readonly (readonly number[])[] | undefined;
  /** Of dawid-skene: [C], and [observed, true] a teacher. */
  readonly priors?: readonly number[] | undefined;
  readonly confusions?: readonly (readonly number[])[] | undefined;
}

export interface BatchAnswers {
  /** One [N, C] a teacher, in ensemble order. */
  readonly teacherLogits: readonly Values[];
  /** The teachers' own; rules that compute weights do not look at them. */
  readonly teacherWeights: readonly number[];
  readonly rowCount: number;
  readonly classCount: number;
  /** [N], for ca-mkd. */
  readonly labels?: Int32Array;
  /** One a teacher; absent: all know all. The logits of a class that a teacher does not know are −∞. */
  readonly knownClasses?: readonly KnownClasses[];
}

/** A batch's pool at any temperature. */
export interface Combined {
  /** Writes probabilities [N, C]. */
  probabilities(temperature: number, out: Values): void;
  /** Writes their logarithms [N, C]; −∞ for a class without votes. */
  logProbabilities(temperature: number, out: Values): void;
  /** The pool of standardised logits, by the shares of the plain ones; absent of a rule that has votes only. */
  readonly standardized?: () => Combined;
  /** Writes Σₖ aₖ vₖ, [N, C]; absent of a rule that has no share of each teacher. */
  readonly meanLogits?: (out: Values) => void;
}

/**
 * @throws {LyceumError} INVALID_ARGUMENT if weights or lengths do not fit, a label is missing, or the rule has not
 *   been fitted.
 */
export function combined(
  combination: Combination,
  answers: BatchAnswers,
  fit: CombinationFit = {},
): Combined {
  const { temperatures } = fit;
  if (combination.calibrate !== true) return uncalibrated(combination, answers, fit);
  if (temperatures === undefined) throw unfitted('calibrate');
  const teacherLogits = answers.teacherLogits.map((own, k) =>
    calibrate(own, temperatures[k] ?? Number.NaN),
  );
  return uncalibrated(combination, { ...answers, teacherLogits }, fit);
}

function uncalibrated(
  combination: Combination,
  answers: BatchAnswers,
  fit: CombinationFit,
): Combined {
  const { teacherLogits, teacherWeights, rowCount, classCount, labels } = answers;
  switch (combination.combine) {
    case 'arithmetic':
      return pooled('arithmetic', answers, teacherShares(teacherWeights));
    case 'geometric':
    case 'mean-logit':
      return pooled('geometric', answers, teacherShares(teacherWeights));
    case 'entropy': {
      const { weighting } = combination;
      const shares = confidenceWeights(weighting, teacherLogits, rowCount, classCount);
      return pooled('arithmetic', answers, shares);
    }
    case 'plugin': {
      const { rule, settings } = combination;
      const { knownClasses: _, ...inputs } = answers;
      const shares = checkedShares(rule, ownRule(rule), inputs, settings);
      return pooled('arithmetic', answers, shares);
    }
    case 'ca-mkd': {
      const own = labels ?? new Int32Array(rowCount).fill(-1);
      const known = partlyKnown(answers);
      const shares = known
        ? caMkdWeightsOfKnown(teacherLogits, known, own, classCount)
        : caMkdWeights(teacherLogits, own, classCount);
      return pooled('arithmetic', answers, shares);
    }
    case 'accuracy':
    case 'mixture-em': {
      if (fit.weights === undefined) throw unfitted(combination.combine);
      // Of some of the teachers all may have none: they share alike.
      return pooled('arithmetic', answers, sharesOrEqual(fit.weights));
    }
    case 'aekd':
      throw new LyceumError('INVALID_ARGUMENT', "aekd weighs teachers by the student's gradients");
    case 'majority-vote':
      return voted(votes(answers), teacherWeights, answers);
    case 'per-class': {
      const { classWeights } = fit;
      if (classWeights === undefined) throw unfitted(combination.combine);
      const poolOf = (logits: readonly Values[]): Combined =>
        withLogarithms((temperature, out) =>
          poolPerClass(temperature, logits, classWeights, rowCount, classCount, out),
        );
      return { ...poolOf(teacherLogits), standardized: () => poolOf(standardized(answers)) };
    }
    case 'dawid-skene': {
      const { priors, confusions } = fit;
      if (priors === undefined || confusions === undefined) throw unfitted(combination.combine);
      const known: Pick<DawidSkene, 'priors' | 'confusions'> = {
        priors: Float64Array.from(priors),
        confusions: confusions.map((own) => Float64Array.from(own)),
      };
      return constant(dawidSkenePosterior(votes(answers), known));
    }
  }
}

/** The argmax of each teacher, [N]. */
export function votes({
  teacherLogits,
  rowCount,
  classCount,
}: Pick<BatchAnswers, 'teacherLogits' | 'rowCount' | 'classCount'>): Int32Array[] {
  return teacherLogits.map((logits) => argmaxRows(logits, rowCount, classCount));
}

function pooled(rule: PoolRule, answers: BatchAnswers, shares: Float64Array): Combined {
  const { teacherLogits, rowCount, classCount } = answers;
  const known = partlyKnown(answers);
  if (known !== undefined) {
    return withExponentials((temperature, out) =>
      poolLogsOfKnown(rule, temperature, teacherLogits, known, shares, rowCount, classCount, out),
    );
  }
  return {
    probabilities: (temperature, out) =>
      poolWithShares(rule, temperature, teacherLogits, shares, rowCount, classCount, out),
    logProbabilities: (temperature, out) =>
      poolLogsWithShares(rule, temperature, teacherLogits, shares, rowCount, classCount, out),
    standardized: () => pooled(rule, { ...answers, teacherLogits: standardized(answers) }, shares),
    meanLogits: (out) => meanLogits(teacherLogits, shares, rowCount, classCount, out),
  };
}

function standardized({ teacherLogits, rowCount, classCount }: BatchAnswers): Float64Array[] {
  return teacherLogits.map((logits) => standardizedLogits(logits, rowCount, classCount));
}

/** What each teacher knows; undefined: all know all. */
function partlyKnown({ knownClasses }: BatchAnswers): readonly KnownClasses[] | undefined {
  return knownClasses?.some((known) => known !== undefined) ? knownClasses : undefined;
}

function voted(
  own: readonly Int32Array[],
  teacherWeights: readonly number[],
  answers: BatchAnswers,
): Combined {
  const { rowCount, classCount } = answers;
  const masks = partlyKnown(answers)?.map((known) => classMask(known, classCount));
  const out = new Float64Array(rowCount * classCount);
  for (let row = 0; row < rowCount; row++) {
    const cast = own.map((vote) => vote[row] as number);
    const fractions = voteFractions(cast, classCount, teacherWeights, masks);
    if (cast.every((vote) => vote < 0)) {
      // Nobody knows: all classes alike.
      out.fill(1 / classCount, row * classCount, (row + 1) * classCount);
      continue;
    }
    if (fractions === null) {
      throw new LyceumError('INVALID_ARGUMENT', "teachers' weights must have a sum > 0, got 0");
    }
    out.set(fractions, row * classCount);
  }
  return constant(out);
}

function constant(probabilities: Float64Array): Combined {
  return withLogarithms((_, out) => out.set(probabilities));
}

function withLogarithms(probabilities: Combined['probabilities']): Combined {
  return {
    probabilities,
    logProbabilities(temperature, out) {
      const exact = new Float64Array(out.length);
      probabilities(temperature, exact);
      for (const [i, p] of exact.entries()) out[i] = Math.log(p);
    },
  };
}

function withExponentials(logProbabilities: Combined['logProbabilities']): Combined {
  return {
    logProbabilities,
    probabilities(temperature, out) {
      const logs = new Float64Array(out.length);
      logProbabilities(temperature, logs);
      for (const [i, log] of logs.entries()) out[i] = Math.exp(log);
    },
  };
}

function unfitted(what: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${what} has not been fitted on held-out samples`);
}
