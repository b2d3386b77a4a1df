/**
 * A batch's pool at any temperature, and the parts that rules build it from.
 *
 * Shares come from the teachers' logits at temperature 1, whatever temperature they are pooled at. All is float64, in
 * ensemble order. Where a teacher knows only some of the classes, each class is pooled by the teachers that know it.
 */
import { LyceumError } from '@lyceum/proto';
import { argmaxRows, type Values } from '../../arrays/index.js';
import {
  meanLogits,
  type PoolRule,
  poolLogsOfKnown,
  poolLogsWithShares,
  poolWithShares,
  standardizedLogits,
} from '../pooling/index.js';
import { type KnownClasses, sharesOrEqual } from '../teachers/index.js';

/** What `fitCombination` found on held-out samples: only the fields that the rule needs. */
export interface CombinationFit {
  /** One temperature a teacher: its logits are divided by it first. */
  readonly temperatures?: readonly number[] | undefined;
  /** For `accuracy` and `mixture-em`: one weight a teacher. */
  readonly weights?: readonly number[] | undefined;
  /** For `per-class`: [C] a teacher. */
  readonly classWeights?: readonly (readonly number[])[] | undefined;
  /** For `dawid-skene`: priors [C], and confusions [observed, true] a teacher. */
  readonly priors?: readonly number[] | undefined;
  readonly confusions?: readonly (readonly number[])[] | undefined;
}

export interface BatchAnswers {
  /** One [N, C] a teacher, in ensemble order. */
  readonly teacherLogits: readonly Values[];
  /** The teachers' own weights; rules that compute weights ignore them. */
  readonly teacherWeights: readonly number[];
  readonly rowCount: number;
  readonly classCount: number;
  /** [N], for ca-mkd. */
  readonly labels?: Int32Array;
  /**
   * One a teacher; absent: all teachers know all classes. The logits of a class that a teacher does not know are −∞.
   */
  readonly knownClasses?: readonly KnownClasses[];
}

/** A batch's pool at any temperature. */
export interface Combined {
  /** Writes probabilities [N, C]. */
  probabilities(temperature: number, out: Values): void;
  /** Writes their logarithms [N, C]; −∞ for a class without votes. */
  logProbabilities(temperature: number, out: Values): void;
  /** The pool of standardised logits, by the shares of the plain logits; absent: the rule has votes only. */
  readonly standardized?: () => Combined;
  /** Writes Σₖ aₖ vₖ, [N, C]; absent: the rule has no share of each teacher. */
  readonly meanLogits?: (out: Values) => void;
}

/** The argmax of each teacher, [N]. */
export function votes({
  teacherLogits,
  rowCount,
  classCount,
}: Pick<BatchAnswers, 'teacherLogits' | 'rowCount' | 'classCount'>): Int32Array[] {
  return teacherLogits.map((logits) => argmaxRows(logits, rowCount, classCount));
}

export function pooled(rule: PoolRule, answers: BatchAnswers, shares: Float64Array): Combined {
  const { teacherLogits, rowCount, classCount } = answers;
  const input = { rule, teacherLogits, shares, rowCount, classCount };
  const known = partlyKnown(answers);
  if (known !== undefined) {
    return withExponentials((temperature, out) =>
      poolLogsOfKnown({ ...input, temperature }, known, out),
    );
  }
  return {
    probabilities: (temperature, out) => poolWithShares({ ...input, temperature }, out),
    logProbabilities: (temperature, out) => poolLogsWithShares({ ...input, temperature }, out),
    standardized: () => pooled(rule, { ...answers, teacherLogits: standardized(answers) }, shares),
    meanLogits: (out) => meanLogits(teacherLogits, shares, rowCount, classCount, out),
  };
}

export function standardized({
  teacherLogits,
  rowCount,
  classCount,
}: BatchAnswers): Float64Array[] {
  return teacherLogits.map((logits) => standardizedLogits(logits, rowCount, classCount));
}

/** The classes that each teacher knows; undefined: all teachers know all classes. */
export function partlyKnown({ knownClasses }: BatchAnswers): readonly KnownClasses[] | undefined {
  return knownClasses?.some((known) => known !== undefined) ? knownClasses : undefined;
}

export function constant(probabilities: Float64Array): Combined {
  return withLogarithms((_, out) => out.set(probabilities));
}

export function withLogarithms(probabilities: Combined['probabilities']): Combined {
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

export function unfitted(what: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${what} has not been fitted on held-out samples`);
}

/** The mean of probabilities by fitted weights, one a teacher. */
export function pooledByFit(
  what: string,
  answers: BatchAnswers,
  { weights }: CombinationFit,
): Combined {
  if (weights === undefined) throw unfitted(what);
  // If only some of the teachers are combined, all of these may have weight 0. They get equal shares then.
  return pooled('arithmetic', answers, sharesOrEqual(weights));
}
