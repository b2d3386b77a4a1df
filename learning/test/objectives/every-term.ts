/** Every term with a small batch of its inputs: what holds of all of them is tested with this list. */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import * as o from '../../src/objectives/index.js';
import type { Tf } from '../../src/tensorflow/engine/index.js';
import type { Scalar, Tensor, Tensor2D } from '../../src/tensorflow/index.js';

export type TermInputs = ReturnType<typeof inputsOf>;

export interface TermExample {
  readonly name: string;
  /** What is differentiated by. */
  readonly by: keyof TermInputs;
  readonly inputs: TermInputs;
  /** The caller's. */
  loss(inputs: TermInputs): Scalar;
}

const ROWS = 4;
const CLASSES = 5;
const TEACHERS = 3;

/** Numbers between −2 and 2 that repeat only after a long while. */
export function wave(tf: Tf, shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(phase + 1.7 * i));
  return tf.tensor(values, [...shape]);
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
    tokens: wave(tf, [rows, 3, CLASSES], 8) as Tensor3D,
    teacherTokens: wave(tf, [rows, 3, CLASSES], 11) as Tensor3D,
    mask: tf.ones([rows, 3]) as Tensor2D,
    words: integers(() => [1, 2, -1]),
    votes: integers((row) => [row % CLASSES, -1, 0]),
    ids: integers((row) => [row % CLASSES, (row + 2) % CLASSES]),
    kept: tf.tensor2d(everyRow(() => [0.6, 0.3])),
    memory: wave(tf, [rows, 4, 6], 9) as Tensor3D,
    weights: wave(tf, [3, 6], 10) as Tensor2D,
    bias: tf.tensor1d([0.1, 0.2, 0.3]),
  };
}

/** @param rows - of the batch; from 2 on, the second has no label. */
export function everyTerm(tf: Tf, rows = ROWS): TermExample[] {
  const inputs = inputsOf(tf, rows);
  const term = (
    name: string,
    loss: (t: TermInputs) => Scalar,
    by: keyof TermInputs = 'logits',
  ): TermExample => ({ name, by, inputs, loss: (t) => tf.tidy(() => loss(t)) });
  const target = (t: TermInputs) => o.softTarget(tf, t.teacher, 2);
  const kl = (t: TermInputs, weights: Tensor2D) =>
    o.weightedKl(tf, t.logits, t.teachers, weights, 2);
  const topK = (mode: o.TailMode) =>
    term(`topKKl ${mode}`, (t) => o.topKKl(tf, t.logits, t.ids, t.kept, mode, 2));
  const vote = (mode: 'soft' | 'hard') =>
    term(`voteTarget ${mode}`, (t) =>
      o.crossEntropy(tf, t.logits, o.voteTarget(tf, t.votes, CLASSES, mode), 1),
    );
  return [
    term('crossEntropy', (t) => o.crossEntropy(tf, t.logits, t.hardLabels, 0.5)),
    term('smoothedLabels', (t) =>
      o.crossEntropy(tf, t.logits, o.smoothedLabels(tf, t.hardLabels, 0.1), 1),
    ),
    term('hardLabel', (t) => o.hardLabel(tf, t.logits, t.teacher, 0.1)),
    vote('soft'),
    vote('hard'),
    term('distillation', (t) =>
      o.distillation(tf, t.logits, o.softTarget(tf, t.teacher, 2).probabilities, 1, 2),
    ),
    term('forwardKl', (t) => o.forwardKl(tf, t.logits, target(t), 2)),
    term('softCrossEntropy', (t) => o.softCrossEntropy(tf, t.logits, target(t).probabilities, 2)),
    term('reverseKl', (t) => o.reverseKl(tf, t.logits, target(t), 2)),
    term('jeffreys', (t) => o.jeffreys(tf, t.logits, target(t), 2, 0.9)),
    term('generalizedJensenShannon', (t) =>
      o.generalizedJensenShannon(tf, t.logits, target(t), 2, 0.5),
    ),
    term('skewForwardKl', (t) => o.skewForwardKl(tf, t.logits, target(t), 2, 0.1)),
    term('skewReverseKl', (t) => o.skewReverseKl(tf, t.logits, target(t), 2, 0.1)),
    term('totalVariation', (t) => o.totalVariation(tf, t.logits, target(t), 2)),
    term('mseLogits', (t) => o.mseLogits(tf, t.logits, t.teacher, 'mean', true)),
    term('standardized', (t) => {
      const student = o.standardized(tf, t.logits);
      return o.distillation(tf, student, target(t).probabilities, 1, 2);
    }),
    term('decoupled', (t) =>
      o.decoupled(tf, t.logits, target(t), t.hardLabels, 2, { target: 1, others: 8 }),
    ),
    term('dist', (t) => o.dist(tf, t.logits, target(t), 2, { interClass: 1, intraClass: 1 })),
    term(
      'similarityPreserving',
      (t) => o.similarityPreserving(tf, t.features, t.teacherFeatures),
      'features',
    ),
    term(
      'relationalDistances',
      (t) => o.relationalDistances(tf, t.features, t.teacherFeatures, { distance: 25, angle: 50 }),
      'features',
    ),
    term(
      'hint',
      (t) => o.hint(tf, o.linearRegressor(tf, t.features, t.weights, t.bias), t.teacherFeatures),
      'features',
    ),
    term('attentionTransfer', (t) => o.attentionTransfer(tf, t.maps, t.teacherMaps, 2), 'maps'),
    term(
      'contrastiveStudentHalf',
      (t) =>
        o.contrastiveStudentHalf(tf, t.features, t.memory, {
          temperature: 0.5,
          normalizer: 10,
          sampleCount: 100,
        }),
      'features',
    ),
    term('tokenKl', (t) => o.tokenKl(tf, t.tokens, t.teacherTokens, t.mask, 2), 'tokens'),
    term(
      'sequenceNll',
      (t) =>
        o.sequenceNll(
          tf,
          t.tokens,
          t.words,
          Array.from({ length: rows }, () => 1 / rows),
          'tokenMean',
        ),
      'tokens',
    ),
    topK('renorm'),
    topK('bucket'),
    topK('uniform'),
    topK('truncated'),
    term('weightedKl', (t) => kl(t, t.shares)),
    term('entropyWeights', (t) => kl(t, o.entropyWeights(tf, t.teachers))),
    term('confidenceWeights', (t) => kl(t, o.confidenceWeights(tf, t.teachers, t.hardLabels))),
    term('adaptiveWeights', (t) =>
      kl(t, o.sharedByRows(o.adaptiveWeights(tf, t.logits, t.teachers, 2, 0.6))),
    ),
    term('meanProbabilities', (t) =>
      o.forwardKl(tf, t.logits, o.meanProbabilities(tf, t.teachers, t.shares, 2), 2),
    ),
    term('meanLogits', (t) =>
      o.forwardKl(tf, t.logits, o.meanLogits(tf, t.teachers, t.shares, 2), 2),
    ),
  ];
}
