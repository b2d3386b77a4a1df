/**
 * Every term of the table with a small batch of inputs. A new term is included without a line here, unless it has
 * settings without defaults.
 */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import type { Combination } from '../../src/ensemble/rules/index.js';
import * as o from '../../src/objectives/index.js';
import type { Tf } from '../../src/tensorflow/engine/index.js';
import type { Scalar, Tensor, Tensor2D } from '../../src/tensorflow/index.js';

export type TermInputs = ReturnType<typeof inputsOf>;

export interface TermExample {
  readonly name: string;
  /** The input by which the loss is differentiated. */
  readonly by: keyof TermInputs;
  readonly inputs: TermInputs;
  /** The caller disposes of the result. */
  loss(inputs: TermInputs): Scalar;
}

const ROWS = 4;
const CLASSES = 5;
const TEACHERS = 3;
const TEMPERATURE = 2;

/** Settings of a term besides its name. A term that is not listed needs none. */
const SETTINGS: Readonly<Record<string, readonly object[]>> = {
  kd: [{}, { standardize: true }],
  dkd: [{}, { standardize: true }],
  'mse-logits': [{}, { center: true, reduction: 'half-sum-classes' }],
  'topk-kd': ['renorm', 'bucket', 'uniform', 'truncated'].map((tail) => ({ k: 2, tail })),
  'hard-label': [{ smoothing: 0.1 }],
  'attention-transfer': [{}, { power: 1 }],
  vote: [{ mode: 'soft' }, { mode: 'hard' }],
  // Only a program with a plugin has such a term.
  plugin: [],
};

/** Numbers between −2 and 2 with a long period. */
export function wave(tf: Tf, shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(phase + 1.7 * i));
  return tf.tensor(values, [...shape]);
}

/** p = softmax(v/τ) with exact logarithms. The caller disposes of the tensors. */
export function softTarget(tf: Tf, teacherLogits: Tensor2D, temperature: number): o.SoftTarget {
  const logProbabilities = tf.logSoftmax(teacherLogits.div<Tensor2D>(temperature));
  return { probabilities: tf.exp(logProbabilities), logProbabilities };
}

function inputsOf(tf: Tf, rows: number) {
  const everyRow = (row: (index: number) => number[]) =>
    Array.from({ length: rows }, (_, index) => row(index));
  const integers = (row: (index: number) => number[]) =>
    tf.tensor2d(everyRow(row), undefined, 'int32');
  return {
    logits: wave(tf, [rows, CLASSES], 1) as Tensor2D,
    teacher: wave(tf, [rows, CLASSES], 2) as Tensor2D,
    teachers: wave(tf, [TEACHERS, rows, CLASSES], 3) as Tensor3D,
    hardLabels: tf.tensor2d(
      everyRow((row) =>
        Array.from({ length: CLASSES }, (_, c) => (row !== 1 && c === row % CLASSES ? 1 : 0)),
      ),
    ),
    shares: tf.tensor2d([[0.2, 0.3, 0.5]]),
    features: wave(tf, [rows, 6], 4) as Tensor2D,
    teacherFeatures: wave(tf, [rows, 3], 5) as Tensor2D,
    maps: wave(tf, [rows, 3, 3, 2], 6) as Tensor4D,
    teacherMaps: wave(tf, [rows, 4, 5, 3], 7) as Tensor4D,
    votes: integers((row) => [row % CLASSES, -1, 0]),
    ids: integers((row) => [row % CLASSES, (row + 2) % CLASSES]),
    kept: tf.tensor2d(everyRow(() => [0.6, 0.3])),
    weights: wave(tf, [3, 6], 10) as Tensor2D,
    bias: tf.tensor1d([0.1, 0.2, 0.3]),
  };
}

/** @param rows - rows of the batch; with two or more rows, the second row has no label. */
export function everyTerm(tf: Tf, rows = ROWS): TermExample[] {
  const inputs = inputsOf(tf, rows);
  const example = (
    name: string,
    loss: (t: TermInputs) => Scalar,
    by: keyof TermInputs = 'logits',
  ): TermExample => ({ name, by, inputs, loss: (t) => tf.tidy(() => loss(t)) });

  const ofTable = (term: o.Term, settings: object, combination: Combination): TermExample => {
    const written = { term: term.name, ...settings };
    const title = `${JSON.stringify(written)} beside ${combination.combine}`;
    if (term.of === 'features') {
      const own = term.settings.parse({ ...written, hintLayer: 'hint', guidedLayer: 'guided' });
      const vectors = { guided: [6], hint: [3], batchSize: rows };
      if (term.refusedLayers?.(vectors, () => '') !== undefined) {
        return example(title, (t) => term.loss(tf, own, t.maps, t.teacherMaps), 'maps');
      }
      const student = (t: TermInputs) =>
        term.regressor ? o.linearRegressor(tf, t.features, t.weights, t.bias) : t.features;
      return example(title, (t) => term.loss(tf, own, student(t), t.teacherFeatures), 'features');
    }
    const tempered = term.settings.safeParse({ ...written, temperature: TEMPERATURE });
    const own = tempered.success ? tempered.data : term.settings.parse(written);
    if (term.of === 'labels') return example(title, (t) => term.loss(tf, own, t));
    const { kind } = term.target(own, combination);
    return example(title, ({ logits, hardLabels, ...t }) => {
      const values = {
        pooled: () => o.temperedSoftmax(tf, t.teacher, TEMPERATURE),
        'mean-logits': () => t.teacher,
        'top-k': () => tf.stack([t.ids.toFloat(), t.kept], 1),
        logits: () => tf.transpose(t.teachers, [1, 0, 2]),
        votes: () => t.votes,
      }[kind]();
      const given = { kind, values, combination, teacherWeights: [1, 2, 1], logits, hardLabels };
      return term.loss(tf, own, given as o.AnswerInputs);
    });
  };

  return [
    ...o.TERMS.flatMap((term) =>
      (SETTINGS[term.name] ?? [{}]).map((own) => ofTable(term, own, { combine: 'arithmetic' })),
    ),
    ...o.TERMS.filter((term) => term.of === 'answers' && term.ofEachTeacher).map((term) =>
      ofTable(term, {}, { combine: 'aekd', bound: 0.6 }),
    ),
    example('weightedKl', (t) => o.weightedKl(tf, t.logits, t.teachers, t.shares, TEMPERATURE)),
  ];
}
