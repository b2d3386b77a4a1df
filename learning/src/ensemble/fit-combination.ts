/**
 * Fits a rule to held-out samples: finds what the rule needs to know of the teachers before it can combine them.
 *
 * Held-out means that no teacher was trained on these samples. On their own training data all teachers are right and
 * certain, and weights come out near equal.
 *
 * A teacher that knows only some of the classes is measured on samples of these: it is asked about no others.
 *
 * Symbols: K teachers with logits vₖ [N, C], labels y [N]; rows of label −1 do not count.
 */
import { LyceumError } from '@lyceum/proto';
import type { Values } from '../arrays/index.js';
import { type Combination, type CombinationFit, ruleOf } from './rules/index.js';
import { amongKnown, calibrate, fitTemperature, type KnownClasses } from './teachers/index.js';

/** Whether the rule, or the calibration before it, must be fitted. */
export function needsFit(combination: Combination): boolean {
  return combination.calibrate === true || ruleOf(combination).fit !== undefined;
}

/** How many numbers the fit has for so many teachers and classes. */
export function fitNumberCount(
  combination: Combination,
  teacherCount: number,
  classCount: number,
): number {
  const temperatures = combination.calibrate === true ? teacherCount : 0;
  return temperatures + (ruleOf(combination).fit?.numberCount(teacherCount, classCount) ?? 0);
}

export interface FitOptions {
  /**
   * One a teacher; absent: all teachers know all classes. The logits of a class that a teacher does not know are −∞.
   */
  readonly knownClasses?: readonly KnownClasses[];
  /** A teacher's temperature, if it is known already: it depends neither on the rule nor on the other teachers. */
  readonly temperatureOf?: (teacherLogits: Values, known: KnownClasses) => number;
}

/**
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @throws {LyceumError} INVALID_ARGUMENT if no row has a label, or no labelled row is of a class that a teacher
 *   knows.
 */
export function fitCombination(
  combination: Combination,
  teacherLogits: readonly Values[],
  labels: Int32Array,
  classCount: number,
  {
    knownClasses = [],
    temperatureOf = (logits, known) => ownTemperature(logits, labels, classCount, known),
  }: FitOptions = {},
): CombinationFit {
  if (!needsFit(combination)) return {};
  const rows = [...labels.keys()].filter((row) => (labels[row] as number) >= 0);
  if (rows.length === 0) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${combination.combine}: no held-out sample has a label`,
    );
  }
  const own = Int32Array.from(rows, (row) => labels[row] as number);
  const chosen = teacherLogits.map((logits) => rowsOf(logits, rows, classCount));
  const fitted = (logits: readonly Float64Array[]) =>
    fitRule(combination, logits, own, classCount, knownClasses);
  if (combination.calibrate !== true) return fitted(chosen);
  const temperatures = teacherLogits.map((logits, k) => temperatureOf(logits, knownClasses[k]));
  return {
    temperatures,
    ...fitted(chosen.map((logits, k) => calibrate(logits, temperatures[k] as number))),
  };
}

/** {@link fitTemperature} of one teacher, on the samples and classes that it knows. */
export function ownTemperature(
  logits: Values,
  labels: Int32Array,
  classCount: number,
  known: KnownClasses,
): number {
  return onKnown(fitTemperature, logits, labels, classCount, known);
}

function fitRule(
  combination: Combination,
  teacherLogits: readonly Float64Array[],
  labels: Int32Array,
  classCount: number,
  knownClasses: readonly KnownClasses[],
): CombinationFit {
  const { fit } = ruleOf(combination);
  if (fit === undefined) return {};
  return fit.find(combination, {
    teacherLogits,
    labels,
    classCount,
    knownClasses,
    onKnown: (measure, k) =>
      onKnown(measure, teacherLogits[k] as Float64Array, labels, classCount, knownClasses[k]),
  });
}

/** A figure of one teacher on the samples and classes that it knows. */
function onKnown(
  measure: (logits: Values, labels: Int32Array, classCount: number) => number,
  logits: Values,
  labels: Int32Array,
  classCount: number,
  known: KnownClasses,
): number {
  if (known === undefined) return measure(logits, labels, classCount);
  const own = amongKnown(labels, classCount, known);
  return measure(own.of(logits), own.labels, own.classCount);
}

function rowsOf(logits: Values, rows: readonly number[], classCount: number): Float64Array {
  const out = new Float64Array(rows.length * classCount);
  for (const [at, row] of rows.entries()) {
    out.set(logits.subarray(row * classCount, (row + 1) * classCount), at * classCount);
  }
  return out;
}
