/**
 * Fits a rule to held-out samples: what it needs to know of the teachers before it can combine them.
 *
 * Held-out means that no teacher was trained on them. On their own training data all are right and certain, and
 * weights come out near equal.
 *
 * A teacher that knows only some of the classes is measured on samples of these: nobody asks it about others.
 *
 * Symbols: K teachers with logits vₖ [N, C], labels y [N]; rows of label −1 do not count.
 */
import { LyceumError } from '@lyceum/proto';
import type { Values } from '../arrays/index.js';
import {
  type Combination,
  type CombinationFit,
  type CombinationName,
  votes,
} from './combination.js';
import { accuracy } from './metrics/index.js';
import { accuracyWeights, crossEntropies, dawidSkene, mixtureWeights } from './rules/index.js';
import {
  amongKnown,
  calibrate,
  classMask,
  fitTemperature,
  type KnownClasses,
} from './teachers/index.js';

const FITTED: ReadonlySet<CombinationName> = new Set([
  'accuracy',
  'per-class',
  'mixture-em',
  'dawid-skene',
]);

/** Whether the rule, or the calibration before it, must be fitted. */
export function needsFit({ combine, calibrate }: Combination): boolean {
  return calibrate === true || FITTED.has(combine);
}

/** How many numbers the fit of so many teachers and classes has. */
export function fitNumberCount(
  { combine, calibrate }: Combination,
  teacherCount: number,
  classCount: number,
): number {
  const temperatures = calibrate === true ? teacherCount : 0;
  if (!FITTED.has(combine)) return temperatures;
  if (combine === 'per-class') return temperatures + teacherCount * classCount;
  if (combine === 'dawid-skene') return temperatures + classCount + teacherCount * classCount ** 2;
  return temperatures + teacherCount;
}

export interface FitOptions {
  /** One a teacher; absent: all know all. The logits of a class that a teacher does not know are −∞. */
  readonly knownClasses?: readonly KnownClasses[];
  /** A teacher's temperature, where it is known already: one teacher's does not depend on the rule or on the others. */
  readonly temperatureOf?: (teacherLogits: Values, known: KnownClasses) => number;
}

/**
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @throws {LyceumError} INVALID_ARGUMENT if no row has a label, or none that a teacher could be measured on.
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
  switch (combination.combine) {
    case 'accuracy': {
      const accuracies = teacherLogits.map((logits, k) =>
        onKnown(accuracy, logits, labels, classCount, knownClasses[k]),
      );
      const classCounts = teacherLogits.map((_, k) => knownClasses[k]?.length ?? classCount);
      const { weighting } = combination;
      return { weights: [...accuracyWeights(weighting, accuracies, classCounts)] };
    }
    case 'mixture-em': {
      const teacherCount = teacherLogits.length;
      const losses = crossEntropies(teacherLogits, labels, classCount);
      const probabilities = teacherLogits.map((_, k) =>
        Float64Array.from(labels, (_label, row) =>
          Math.exp(-(losses[row * teacherCount + k] as number)),
        ),
      );
      return { weights: [...mixtureWeights(probabilities)] };
    }
    case 'per-class':
      return {
        classWeights: votes({ teacherLogits, rowCount: labels.length, classCount }).map(
          (own, k) => {
            const mask = classMask(knownClasses[k], classCount);
            return smoothedRecalls(own, labels, classCount).map((recall, c) =>
              mask[c] === 1 ? recall : 0,
            );
          },
        ),
      };
    case 'dawid-skene': {
      const own = votes({ teacherLogits, rowCount: labels.length, classCount });
      const { priors, confusions } = dawidSkene(own, classCount, { knownLabels: labels });
      return { priors: [...priors], confusions: confusions.map((confusion) => [...confusion]) };
    }
    default:
      return {};
  }
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

/** (right + 1) / (rows + 2) of each class, [C]: no class is hopeless or sure for having few samples. */
function smoothedRecalls(votes: Int32Array, labels: Int32Array, classCount: number): number[] {
  const right = new Array<number>(classCount).fill(1);
  const all = new Array<number>(classCount).fill(2);
  for (const [row, label] of labels.entries()) {
    all[label] = (all[label] as number) + 1;
    if (votes[row] === label) right[label] = (right[label] as number) + 1;
  }
  return right.map((count, c) => count / (all[c] as number));
}

function rowsOf(logits: Values, rows: readonly number[], classCount: number): Float64Array {
  const out = new Float64Array(rows.length * classCount);
  for (const [at, row] of rows.entries()) {
    out.set(logits.subarray(row * classCount, (row + 1) * classCount), at * classCount);
  }
  return out;
}
