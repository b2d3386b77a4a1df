/**
 * Fits a rule to held-out samples: what it needs to know of the teachers before it can combine them.
 *
 * Held-out means that no teacher was trained on them. On their own training data all are right and certain, and
 * weights come out near equal.
 *
 * Symbols: K teachers with logits vₖ [N, C], labels y [N]; rows of label −1 do not count.
 */
import { LyceumError } from '@lyceum/proto';
import { accuracyWeights } from './accuracy-weights.js';
import { calibrate, fitTemperature } from './calibration.js';
import {
  type Combination,
  type CombinationFit,
  type CombinationName,
  votes,
} from './combination.js';
import { dawidSkene } from './dawid-skene.js';
import { crossEntropies } from './label-weights.js';
import type { Values } from './log-softmax.js';
import { accuracy } from './metrics.js';
import { mixtureWeights } from './mixture-em.js';

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

/**
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @param temperatureOf - a teacher's temperature, where it is known already: one teacher's does not depend on the rule
 *   or on the others.
 * @throws {LyceumError} INVALID_ARGUMENT if no row has a label.
 */
export function fitCombination(
  combination: Combination,
  teacherLogits: readonly Values[],
  labels: Int32Array,
  classCount: number,
  temperatureOf: (teacherLogits: Values) => number = (logits) =>
    fitTemperature(logits, labels, classCount),
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
  if (combination.calibrate !== true) return fitRule(combination, chosen, own, classCount);
  const temperatures = teacherLogits.map(temperatureOf);
  const calibrated = chosen.map((logits, k) => calibrate(logits, temperatures[k] as number));
  return { temperatures, ...fitRule(combination, calibrated, own, classCount) };
}

function fitRule(
  combination: Combination,
  teacherLogits: readonly Float64Array[],
  labels: Int32Array,
  classCount: number,
): CombinationFit {
  switch (combination.combine) {
    case 'accuracy': {
      const accuracies = teacherLogits.map((logits) => accuracy(logits, labels, classCount));
      const { weighting } = combination;
      return { weights: [...accuracyWeights(weighting, accuracies, classCount)] };
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
        classWeights: votes({ teacherLogits, rowCount: labels.length, classCount }).map((own) =>
          smoothedRecalls(own, labels, classCount),
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
