/**
 * Details behind a report's figures, from the predictions: confusions, reliability, and samples to look at. Pure. The
 * predictions are read in blocks of rows, several times, so that they may be larger than memory.
 */
import { argmaxRows, logSoftmaxRows } from '@lyceum/learning/arrays';
import { greatestProbability, reliabilityBins } from '@lyceum/learning/ensemble';
import {
  CONFUSED_PAIRS,
  CONFUSION_CLASSES,
  EXAMPLES,
  FOUND_MODELS,
  type FoundExample,
  type ModelFindings,
  RELIABILITY_BINS,
} from '../documents/index.js';

/** Values of a block: 4 MiB of float32. */
const BLOCK_VALUES = 1024 * 1024;

const TOP = 3;

/** The test split's predictions. */
export interface PredictionRows {
  readonly sampleIds: Int32Array;
  /** [N]; −1: none. */
  readonly labels: Int32Array;
  readonly classCount: number;
  /** The models of the predictions file, in any order. */
  readonly models: readonly PredictedRows[];
}

export interface PredictedRows {
  readonly name: string;
  /** The model gives only a class. */
  readonly isFinal: boolean;
  /** [end − first, C] logits of the rows [first, end). */
  rows(first: number, end: number): Float32Array;
}

/** A sample to look at, without its picture or text. */
export type ChosenExample = Omit<FoundExample, 'shown'>;

export function composeFindings(predictions: PredictionRows): {
  readonly models: ModelFindings[];
  readonly examples: ChosenExample[];
} {
  const models = inOrder(predictions.models).slice(0, FOUND_MODELS);
  const errors = models.map((model) => errorsOf(model, predictions));
  const shownClasses = mostMistaken(errors[0], predictions.classCount);
  return {
    models: models.map((model, m) => ({
      name: model.name,
      confusion: confusionOf(errors[m] as Errors, shownClasses),
      confused: mostConfused(errors[m] as Errors),
      reliability: model.isFinal ? null : reliabilityOf(model, predictions),
    })),
    examples: chosenRows(models, predictions).map(({ row, divergence }) => ({
      row: predictions.sampleIds[row] as number,
      label: predictions.labels[row] as number,
      divergence,
      outputs: models.map(({ name, rows }) => ({ model: name, top: topOf(rows(row, row + 1)) })),
    })),
  };
}

const FIRST = ['student', 'ensemble', 'studentWithoutTeachers', 'studentAllLabels'];

function inOrder(models: readonly PredictedRows[]): PredictedRows[] {
  const place = ({ name }: PredictedRows) => {
    const index = FIRST.indexOf(name);
    return index < 0 ? FIRST.length : index;
  };
  return [...models].sort((a, b) => place(a) - place(b));
}

/** Counts of outputs: by class for right outputs, by pair of label and output for wrong ones. */
interface Errors {
  readonly right: Int32Array;
  /** By `label · C + output`. */
  readonly wrong: ReadonlyMap<number, number>;
  readonly classCount: number;
}

function errorsOf(model: PredictedRows, { labels, classCount }: PredictionRows): Errors {
  const right = new Int32Array(classCount);
  const wrong = new Map<number, number>();
  for (const { logits, first, end } of blocks(model, labels.length, classCount)) {
    const best = argmaxRows(logits, end - first, classCount);
    for (let row = first; row < end; row++) {
      const [label, output] = [labels[row] as number, best[row - first] as number];
      if (label < 0 || output < 0) continue;
      const pair = label * classCount + output;
      if (label === output) right[label] = (right[label] as number) + 1;
      else wrong.set(pair, (wrong.get(pair) ?? 0) + 1);
    }
  }
  return { right, wrong, classCount };
}

/** Classes of the matrix: all, or those with the most errors, counted as label and as output. */
function mostMistaken(errors: Errors | undefined, classCount: number): number[] {
  const counts = new Float64Array(classCount);
  for (const [pair, count] of errors?.wrong ?? []) {
    const [label, output] = [Math.floor(pair / classCount), pair % classCount];
    counts[label] = (counts[label] as number) + count;
    counts[output] = (counts[output] as number) + count;
  }
  const classes = Array.from(counts, (_, index) => index);
  classes.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return classes.slice(0, CONFUSION_CLASSES).sort((a, b) => a - b);
}

function confusionOf(
  { right, wrong, classCount }: Errors,
  classes: readonly number[],
): ModelFindings['confusion'] {
  const count = (label: number, output: number) =>
    label === output ? right[label] : wrong.get(label * classCount + output);
  const counts = classes.map((label) => classes.map((output) => count(label, output) ?? 0));
  return { classes, counts };
}

function mostConfused({ wrong, classCount }: Errors): ModelFindings['confused'] {
  const pairs = [...wrong].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return pairs.slice(0, CONFUSED_PAIRS).map(([pair, count]) => ({
    label: Math.floor(pair / classCount),
    output: pair % classCount,
    count,
  }));
}

function reliabilityOf(
  model: PredictedRows,
  { labels, classCount }: PredictionRows,
): ModelFindings['reliability'] {
  let bins = reliabilityBins(new Float32Array(0), new Int32Array(0), classCount, RELIABILITY_BINS);
  for (const { logits, first, end } of blocks(model, labels.length, classCount)) {
    const own = labels.subarray(first, end);
    bins = reliabilityBins(logits, own, classCount, RELIABILITY_BINS, bins);
  }
  return bins.map(({ count, confidenceSum, correctCount }) => ({
    count,
    confidence: count === 0 ? null : confidenceSum / count,
    accuracy: count === 0 ? null : correctCount / count,
  }));
}

/** Rows to look at: first where the student differs most from the ensemble, or is most confident in an error. */
function chosenRows(
  models: readonly PredictedRows[],
  predictions: PredictionRows,
): { row: number; divergence: number | null }[] {
  const student = models.find(({ name }) => name === 'student');
  const ensemble = models.find(({ name }) => name === 'ensemble');
  if (student === undefined) return [];
  const telling =
    ensemble === undefined
      ? certaintyOfErrors(student, predictions)
      : divergences(ensemble, student, predictions);
  return greatest(telling, EXAMPLES).map((row) => {
    const value = telling[row] as number;
    return { row, divergence: ensemble === undefined || !Number.isFinite(value) ? null : value };
  });
}

/** Indices of the greatest values, in falling order; of equal values, the first. NaN does not count. */
function greatest(values: Float64Array, count: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    const last = values[best.at(-1) ?? index] as number;
    if (best.length === count && value <= last) continue;
    const place = best.findIndex((other) => (values[other] as number) < value);
    best.splice(place < 0 ? best.length : place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}

/** [N] KL(ensemble ‖ student); NaN for rows that the ensemble has no output for. */
function divergences(
  ensemble: PredictedRows,
  student: PredictedRows,
  { labels, classCount }: PredictionRows,
): Float64Array {
  const out = new Float64Array(labels.length);
  for (const { logits, first, end } of blocks(ensemble, labels.length, classCount)) {
    const p = logSoftmaxRows(logits, end - first, classCount);
    const q = logSoftmaxRows(student.rows(first, end), end - first, classCount);
    for (let row = 0; row < end - first; row++) {
      let sum = 0;
      for (let i = row * classCount; i < (row + 1) * classCount; i++) {
        const logP = p[i] as number;
        // A class of probability 0 adds nothing, whatever the student's probability is.
        if (logP !== Number.NEGATIVE_INFINITY) sum += Math.exp(logP) * (logP - (q[i] as number));
      }
      // A divergence is not negative; rounding may make it so.
      out[first + row] = Math.max(0, sum);
    }
  }
  return out;
}

/** [N] the student's confidence where it is wrong; NaN elsewhere. */
function certaintyOfErrors(
  student: PredictedRows,
  { labels, classCount }: PredictionRows,
): Float64Array {
  const out = new Float64Array(labels.length).fill(Number.NaN);
  for (const { logits, first, end } of blocks(student, labels.length, classCount)) {
    const best = argmaxRows(logits, end - first, classCount);
    for (let row = first; row < end; row++) {
      const output = best[row - first] as number;
      if ((labels[row] as number) < 0 || output < 0 || output === labels[row]) continue;
      out[row] = greatestProbability(logits, row - first, classCount, output);
    }
  }
  return out;
}

/** @param logits - of one row. */
function topOf(logits: Float32Array): FoundExample['outputs'][number]['top'] {
  const logs = logSoftmaxRows(logits, 1, logits.length);
  const classes = Array.from(logs, (log, index) => ({ class: index, probability: Math.exp(log) }));
  return classes
    .filter(({ probability }) => probability > 0)
    .sort((a, b) => b.probability - a.probability || a.class - b.class)
    .slice(0, TOP);
}

function* blocks(
  model: PredictedRows,
  rowCount: number,
  classCount: number,
): Generator<{ logits: Float32Array; first: number; end: number }> {
  const rows = Math.max(1, Math.floor(BLOCK_VALUES / classCount));
  for (let first = 0; first < rowCount; first += rows) {
    const end = Math.min(rowCount, first + rows);
    yield { logits: model.rows(first, end), first, end };
  }
}
