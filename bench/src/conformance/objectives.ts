/**
 * Compares objectives, in float32 with tfjs's gradients as in a training step, with published values. Terms that a run
 * can name are computed by their entry in the table of terms, the others by the reference code in this folder.
 *
 * Compared are the loss and the gradient by each input that the case names; also parts, weights and α, if the case has
 * them. Not compared are `lossRepo`, another code's value, and `gradFd`, a check of the vectors themselves.
 */
import {
  adaptiveWeights,
  linearRegressor,
  standardized,
  temperedSoftmax,
  weightedKl,
} from '@lyceum/learning/objectives';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import { type Case, expectClose } from './case.js';
import { type CaseFields, cut, filled, type LogitsOfTeachers, openCase } from './case-fields.js';
import { conformanceEngine } from './conformance-engine.js';
import { contrastiveStudentHalf } from './reference/contrastive.js';
import {
  confidenceWeights,
  entropyWeights,
  equalShares,
  meanLogits,
  meanProbabilities,
} from './reference/several-teachers.js';
import { smoothedLabels } from './reference/smoothed-labels.js';
import { sequenceNll, tokenKl } from './reference/tokens.js';
import {
  answerLoss,
  featureLoss,
  labelLoss,
  numberOf,
  pooledLoss,
  type Term,
  weighted,
} from './term-losses.js';

const TERMS: Readonly<Record<string, Term>> = {
  ce: {
    loss: (tf, f) => labelLoss(tf, f, smoothedLabels(tf, f.labels(), f.number('smoothing', 0))),
  },
  soft_ce: {
    loss: (tf, f) => {
      const written = { term: 'soft-ce', temperature: f.tau };
      return answerLoss(tf, f, written, f.matrix('teacherProbs')).mul(scale(f));
    },
  },
  kl_forward: {
    loss: (tf, f) => {
      const written = { term: 'kl-forward', temperature: f.tau };
      return answerLoss(tf, f, written, f.matrix('teacherProbs')).mul(scale(f));
    },
  },
  kd: {
    loss: (tf, f) => {
      const ce = labelLoss(tf, f, f.labels()).mul<Scalar>(f.number('ceWeight'));
      return ce.add(pooledLoss(tf, f, { term: 'kd' }).mul(f.number('kdWeight')));
    },
    extras: (tf, f) => ({
      parts: () => ({
        ce: numberOf(labelLoss(tf, f, f.labels())),
        klTimesTau2: numberOf(pooledLoss(tf, f, { term: 'kd' })),
      }),
    }),
  },
  mse_logits: {
    loss: (tf, f) => {
      const reduction =
        REDUCTIONS[f.word('reduction', ['mean', 'sumClassesMeanBatch', 'halfSumClassesMeanBatch'])];
      const written = { term: 'mse-logits', reduction, center: f.flag('center') };
      return answerLoss(tf, f, written, f.matrix('teacherLogits'));
    },
  },
  dkd: weighted(
    'dkd',
    { alpha: 'targetWeight', beta: 'othersWeight' },
    { tckd: 'targetWeight', nckd: 'othersWeight' },
    pooledLoss,
  ),
  dist: weighted(
    'dist',
    { beta: 'interClassWeight', gamma: 'intraClassWeight' },
    { inter: 'interClassWeight', intra: 'intraClassWeight' },
    pooledLoss,
  ),
  logit_std_kd: {
    loss: (tf, f) => {
      const teacher = standardized(tf, f.matrix('teacherLogits'));
      const written = { term: 'kd', standardize: true, temperature: f.tau };
      return answerLoss(tf, f, written, temperedSoftmax(tf, teacher, f.tau));
    },
  },
  kl_reverse: { loss: (tf, f) => pooledLoss(tf, f, { term: 'kl-reverse' }) },
  jeffreys: {
    loss: (tf, f) => pooledLoss(tf, f, { term: 'jeffreys', reverseShare: f.number('lam') }),
  },
  gjs: { loss: (tf, f) => pooledLoss(tf, f, { term: 'gjs', targetShare: f.number('beta') }) },
  skew_fkl: { loss: (tf, f) => pooledLoss(tf, f, { term: 'skew-fkl', skew: f.number('alpha') }) },
  skew_rkl: { loss: (tf, f) => pooledLoss(tf, f, { term: 'skew-rkl', skew: f.number('alpha') }) },
  tvd: { loss: (tf, f) => pooledLoss(tf, f, { term: 'tvd' }) },
  hard_label: {
    loss: (tf, f) => {
      const written = { term: 'hard-label', smoothing: f.number('smoothing', 0) };
      return answerLoss(tf, f, written, f.matrix('teacherLogits'));
    },
  },
  vote: {
    loss: (tf, f) => {
      const written = { term: 'vote', mode: f.word('mode', ['soft', 'hard']) };
      return answerLoss(tf, f, written, f.indices('votes'));
    },
  },
  hint_mse: {
    loss: (tf, f) => {
      const bias = f.tensor<Tensor1D>('b');
      const student = linearRegressor(tf, f.tensor('studentFeatures'), f.matrix('W'), bias);
      return featureLoss(tf, f, { term: 'hint' }, student);
    },
  },
  attention_transfer: {
    loss: (tf, f) => featureLoss(tf, f, { term: 'attention-transfer', power: f.number('p') }),
  },
  similarity_preserving: {
    loss: (tf, f) => featureLoss(tf, f, { term: 'similarity-preserving' }),
  },
  rkd: weighted(
    'rkd',
    { distanceWeight: 'distanceWeight', angleWeight: 'angleWeight' },
    { distance: 'distanceWeight', angle: 'angleWeight' },
    featureLoss,
  ),
  crd_student_half: {
    loss: (tf, f) =>
      contrastiveStudentHalf(tf, f.matrix('studentEmbedding'), f.tensor('memory'), {
        temperature: f.number('T'),
        normalizer: f.number('Z'),
        sampleCount: f.number('nData'),
      }),
  },
  token_kd: {
    loss: (tf, f) => {
      const student = f.tensor<LogitsOfTeachers>('studentLogits');
      const teacher = f.tensor<LogitsOfTeachers>('teacherLogits');
      return tokenKl(tf, student, teacher, f.matrix('mask'), f.tau).mul(scale(f));
    },
  },
  topk_kd: {
    loss: (tf, f) => {
      const ids = f.indices('ids').toFloat();
      const tail = f.word('mode', ['renorm', 'bucket', 'uniform', 'truncated']);
      const written = { term: 'topk-kd', temperature: f.tau, k: ids.shape[1], tail };
      const loss = answerLoss(tf, f, written, tf.stack([ids, f.matrix('probs')], 1));
      return loss.mul(scale(f) / f.tau ** 2);
    },
  },
  seq_kd: {
    loss: (tf, f) => {
      const student = f.tensor<LogitsOfTeachers>('studentLogits');
      const reduction = f.word('reduction', ['sequenceSum', 'tokenMean']);
      const weights = sequenceWeights(f.optionalNumbers('teacherLogProbs'), student.shape[0]);
      const tokens = f.indices('tokenIds', student.shape[1]);
      return sequenceNll(tf, student, tokens, weights, reduction);
    },
  },
  mt_mean_kl: {
    loss: (tf, f) => {
      const shares = equalShares(tf, f.teachers().shape[0]);
      return weightedKl(tf, f.logits(), f.teachers(), shares, f.tau);
    },
  },
  mt_kl_mean_prob: {
    loss: (tf, f) => {
      const target = meanProbabilities(tf, f.teachers(), sharesOf(tf, f), f.tau);
      return answerLoss(tf, f, { term: 'kd', temperature: f.tau }, target);
    },
  },
  mt_kl_mean_logit: {
    loss: (tf, f) => {
      const target = meanLogits(tf, f.teachers(), sharesOf(tf, f), f.tau);
      return answerLoss(tf, f, { term: 'kd', temperature: f.tau }, target);
    },
  },
  mt_ebkd: {
    loss: (tf, f) => {
      const weights = entropyWeights(tf, f.teachers());
      return weightedKl(tf, f.logits(), f.teachers(), weights, f.tau);
    },
    extras: (tf, f) => ({ weights: () => entropyWeights(tf, f.teachers()).arraySync() }),
  },
  mt_camkd: {
    loss: (tf, f) => {
      const weights = confidenceWeights(tf, f.teachers(), f.labels());
      return weightedKl(tf, f.logits(), f.teachers(), weights, f.tau);
    },
    extras: (tf, f) => ({
      weights: () => confidenceWeights(tf, f.teachers(), f.labels()).arraySync(),
    }),
  },
  mt_aekd: {
    loss: (tf, f) => {
      const written = { term: 'kd', temperature: f.tau };
      const rows = tf.transpose(f.teachers(), [1, 0, 2]);
      return answerLoss(tf, f, written, rows, { combine: 'aekd', bound: f.number('C') });
    },
    extras: (tf, f) => ({
      alpha: () => adaptiveWeights(tf, f.logits(), f.teachers(), f.tau, f.number('C')).arraySync(),
    }),
    tolerance: 1e-4,
  },
};

export const names: ReadonlySet<string> = new Set(Object.keys(TERMS));

export function cases(file: unknown): Case[] {
  const sections = file as Readonly<Record<string, { readonly cases: readonly ObjectiveCase[] }>>;
  return Object.entries(sections).flatMap(([name, section]) =>
    section.cases.map((item) => ({
      id: `${name}/${item.id}`,
      run: async () => check(await conformanceEngine(), TERMS[name] as Term, item),
    })),
  );
}

interface ObjectiveCase {
  readonly id: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>> & {
    /** `null`: there is nothing to learn, for example if no row has a vote. */
    readonly loss: number | null;
    readonly grad?: Readonly<Record<string, unknown>> | null;
  };
}

function check(tf: Tf, term: Term, { input, expected }: ObjectiveCase): void {
  const tolerance = term.tolerance ?? 2e-5;
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const inputNames = Object.keys(expected.grad ?? {});
    const at = inputNames.map((name) => tf.tensor(filled(input[name])));
    const lossAt = (...values: Tensor[]): Scalar =>
      term.loss(
        tf,
        openCase(tf, input, new Map(inputNames.map((n, i) => [n, values[i] as Tensor]))),
      );
    const fields = openCase(tf, input, new Map());
    const { value, grads } =
      at.length > 0 ? tf.valueAndGrads(lossAt)(at) : { value: lossAt(), grads: [] };
    expectClose(numberOf(value as Scalar), expected.loss ?? 0, tolerance, 'loss');
    for (const [index, name] of inputNames.entries()) {
      const gradient = (grads[index] as Tensor).arraySync();
      expectClose(cut(gradient, input[name]), expected.grad?.[name], tolerance, `grad.${name}`);
    }
    for (const [name, compute] of Object.entries(term.extras?.(tf, fields) ?? {})) {
      const wanted = expected[name];
      if (wanted !== undefined) expectClose(compute(), wanted, tolerance, name);
    }
  });
  const leaked = tf.memory().numTensors - before;
  if (leaked !== 0) throw new Error(`${leaked} tensors are left behind`);
}

/** τ² if the case asks for it. */
function scale(f: CaseFields): number {
  return f.flag('tauSquared') ? f.tau ** 2 : 1;
}

/** A run's names of reductions, by the names in the vectors. */
const REDUCTIONS = {
  mean: 'mean',
  sumClassesMeanBatch: 'sum-classes',
  halfSumClassesMeanBatch: 'half-sum-classes',
} as const;

function sharesOf(tf: Tf, f: CaseFields): Tensor2D {
  const weights = f.optionalNumbers('teacherWeights');
  return equalShares(tf, f.teachers().shape[0], weights);
}

/** The softmax of log probabilities, or equal weights. */
function sequenceWeights(logs: readonly number[] | undefined, count: number): number[] {
  const given = logs ?? Array.from({ length: count }, () => 0);
  const greatest = Math.max(...given);
  const sum = given.reduce((total, log) => total + Math.exp(log - greatest), 0);
  return given.map((log) => Math.exp(log - greatest) / sum);
}
