/**
 * Cases of objectives: the terms of `@lyceum/learning/objectives` in float32 with tfjs's gradients, as a training step
 * computes them, against published values.
 *
 * Compared are the loss, the gradient by each input that the case names, and where it has them parts, weights and α.
 * `lossRepo` and `gradFd` are not: other code's value, and a check of the vectors themselves.
 */
import * as objectives from '@lyceum/learning/objectives';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import { type Case, expectClose, type Tolerance } from './case.js';
import { type CaseFields, cut, filled, type LogitsOfTeachers, openCase } from './case-fields.js';
import { conformanceEngine } from './conformance-engine.js';

/** What is computed of a case besides its loss, by the name under `expected`. */
type Extras = Readonly<Record<string, () => unknown>>;

interface Term {
  loss(tf: Tf, fields: CaseFields): Scalar;
  extras?(tf: Tf, fields: CaseFields): Extras;
  readonly tolerance?: Tolerance;
}

const TERMS: Readonly<Record<string, Term>> = {
  ce: {
    loss: (tf, f) => {
      const labels = objectives.smoothedLabels(tf, f.labels(), f.number('smoothing', 0));
      return objectives.crossEntropy(tf, f.logits(), labels, 1);
    },
  },
  soft_ce: {
    loss: (tf, f) =>
      scaled(f, objectives.softCrossEntropy(tf, f.logits(), f.matrix('teacherProbs'), f.tau)),
  },
  kl_forward: {
    loss: (tf, f) => {
      const target = objectives.softTargetOf(tf, f.matrix('teacherProbs'));
      return scaled(f, objectives.forwardKl(tf, f.logits(), target, f.tau));
    },
  },
  kd: {
    loss: (tf, f) =>
      ceOf(tf, f, f.number('ceWeight')).add(distillationOf(tf, f, f.number('kdWeight'))),
    extras: (tf, f) => ({
      parts: () => ({
        ce: numberOf(ceOf(tf, f, 1)),
        klTimesTau2: numberOf(distillationOf(tf, f, 1)),
      }),
    }),
  },
  mse_logits: {
    loss: (tf, f) => {
      const reduction = f.word('reduction', [
        'mean',
        'sumClassesMeanBatch',
        'halfSumClassesMeanBatch',
      ]);
      const teacher = f.matrix('teacherLogits');
      return objectives.mseLogits(tf, f.logits(), teacher, reduction, f.flag('center'));
    },
  },
  dkd: {
    loss: (tf, f) => decoupledOf(tf, f, f.number('alpha'), f.number('beta')),
    extras: (tf, f) => ({
      parts: () => ({
        tckd: numberOf(decoupledOf(tf, f, 1, 0)),
        nckd: numberOf(decoupledOf(tf, f, 0, 1)),
      }),
    }),
  },
  dist: {
    loss: (tf, f) => distOf(tf, f, f.number('beta'), f.number('gamma')),
    extras: (tf, f) => ({
      parts: () => ({
        inter: numberOf(distOf(tf, f, 1, 0)),
        intra: numberOf(distOf(tf, f, 0, 1)),
      }),
    }),
  },
  logit_std_kd: {
    loss: (tf, f) => {
      const teacher = objectives.standardized(tf, f.matrix('teacherLogits'));
      const target = objectives.softTarget(tf, teacher, f.tau).probabilities;
      const student = objectives.standardized(tf, f.logits());
      return objectives.distillation(tf, student, target, 1, f.tau);
    },
  },
  kl_reverse: {
    loss: (tf, f) => objectives.reverseKl(tf, f.logits(), targetOf(tf, f), f.tau),
  },
  jeffreys: {
    loss: (tf, f) => objectives.jeffreys(tf, f.logits(), targetOf(tf, f), f.tau, f.number('lam')),
  },
  gjs: {
    loss: (tf, f) => {
      const share = f.number('beta');
      return objectives.generalizedJensenShannon(tf, f.logits(), targetOf(tf, f), f.tau, share);
    },
  },
  skew_fkl: {
    loss: (tf, f) =>
      objectives.skewForwardKl(tf, f.logits(), targetOf(tf, f), f.tau, f.number('alpha')),
  },
  skew_rkl: {
    loss: (tf, f) =>
      objectives.skewReverseKl(tf, f.logits(), targetOf(tf, f), f.tau, f.number('alpha')),
  },
  tvd: {
    loss: (tf, f) => objectives.totalVariation(tf, f.logits(), targetOf(tf, f), f.tau),
  },
  hard_label: {
    loss: (tf, f) => {
      const smoothing = f.number('smoothing', 0);
      return objectives.hardLabel(tf, f.logits(), f.matrix('teacherLogits'), smoothing);
    },
  },
  vote: {
    loss: (tf, f) => {
      const z = f.logits();
      const mode = f.word('mode', ['soft', 'hard']);
      const votes = f.indices('votes');
      const weights = f.optionalNumbers('teacherWeights');
      const target = objectives.voteTarget(tf, votes, z.shape[1], mode, weights);
      return objectives.crossEntropy(tf, z, target, 1);
    },
  },
  hint_mse: {
    loss: (tf, f) => {
      const student = f.tensor('studentFeatures');
      const bias = f.tensor<Tensor1D>('b');
      const regressed = objectives.linearRegressor(tf, student, f.matrix('W'), bias);
      return objectives.hint(tf, regressed, f.tensor('teacherFeatures'));
    },
  },
  attention_transfer: {
    loss: (tf, f) =>
      objectives.attentionTransfer(
        tf,
        f.tensor('studentFeatures'),
        f.tensor('teacherFeatures'),
        f.number('p'),
      ),
  },
  similarity_preserving: {
    loss: (tf, f) =>
      objectives.similarityPreserving(tf, f.tensor('studentFeatures'), f.tensor('teacherFeatures')),
  },
  rkd: {
    loss: (tf, f) => rkdOf(tf, f, f.number('distanceWeight'), f.number('angleWeight')),
    extras: (tf, f) => ({
      parts: () => ({
        distance: numberOf(rkdOf(tf, f, 1, 0)),
        angle: numberOf(rkdOf(tf, f, 0, 1)),
      }),
    }),
  },
  crd_student_half: {
    loss: (tf, f) =>
      objectives.contrastiveStudentHalf(tf, f.matrix('studentEmbedding'), f.tensor('memory'), {
        temperature: f.number('T'),
        normalizer: f.number('Z'),
        sampleCount: f.number('nData'),
      }),
  },
  token_kd: {
    loss: (tf, f) => {
      const student = f.tensor<LogitsOfTeachers>('studentLogits');
      const teacher = f.tensor<LogitsOfTeachers>('teacherLogits');
      return scaled(f, objectives.tokenKl(tf, student, teacher, f.matrix('mask'), f.tau));
    },
  },
  topk_kd: {
    loss: (tf, f) => {
      const mode = f.word('mode', ['renorm', 'bucket', 'uniform', 'truncated']);
      const ids = f.indices('ids');
      const probabilities = f.matrix('probs');
      return scaled(f, objectives.topKKl(tf, f.logits(), ids, probabilities, mode, f.tau));
    },
  },
  seq_kd: {
    loss: (tf, f) => {
      const student = f.tensor<LogitsOfTeachers>('studentLogits');
      const reduction = f.word('reduction', ['sequenceSum', 'tokenMean']);
      const weights = sequenceWeights(f.optionalNumbers('teacherLogProbs'), student.shape[0]);
      const tokens = f.indices('tokenIds', student.shape[1]);
      return objectives.sequenceNll(tf, student, tokens, weights, reduction);
    },
  },
  mt_mean_kl: {
    loss: (tf, f) => {
      const teachers = f.teachers();
      const shares = objectives.equalShares(tf, teachers.shape[0]);
      return objectives.weightedKl(tf, f.logits(), teachers, shares, f.tau);
    },
  },
  mt_kl_mean_prob: {
    loss: (tf, f) => {
      const target = objectives.meanProbabilities(tf, f.teachers(), sharesOf(tf, f), f.tau);
      return objectives.distillation(tf, f.logits(), target.probabilities, 1, f.tau);
    },
  },
  mt_kl_mean_logit: {
    loss: (tf, f) => {
      const target = objectives.meanLogits(tf, f.teachers(), sharesOf(tf, f), f.tau);
      return objectives.distillation(tf, f.logits(), target.probabilities, 1, f.tau);
    },
  },
  mt_ebkd: {
    loss: (tf, f) => {
      const weights = objectives.entropyWeights(tf, f.teachers());
      return objectives.weightedKl(tf, f.logits(), f.teachers(), weights, f.tau);
    },
    extras: (tf, f) => ({
      weights: () => objectives.entropyWeights(tf, f.teachers()).arraySync(),
    }),
  },
  mt_camkd: {
    loss: (tf, f) => {
      const weights = objectives.confidenceWeights(tf, f.teachers(), f.labels());
      return objectives.weightedKl(tf, f.logits(), f.teachers(), weights, f.tau);
    },
    extras: (tf, f) => ({
      weights: () => objectives.confidenceWeights(tf, f.teachers(), f.labels()).arraySync(),
    }),
  },
  mt_aekd: {
    loss: (tf, f) => {
      const weights = objectives.sharedByRows(aekdWeights(tf, f));
      return objectives.weightedKl(tf, f.logits(), f.teachers(), weights, f.tau);
    },
    extras: (tf, f) => ({ alpha: () => aekdWeights(tf, f).arraySync() }),
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
    /** `null`: there is nothing to learn from, as from rows that nobody votes on. */
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

function numberOf(scalar: Scalar): number {
  return scalar.dataSync()[0] as number;
}

/** τ² where the case asks for it. */
function scaled(fields: CaseFields, loss: Scalar): Scalar {
  return fields.flag('tauSquared') ? loss.mul(fields.tau ** 2) : loss;
}

function targetOf(tf: Tf, f: CaseFields): objectives.SoftTarget {
  return objectives.softTarget(tf, f.matrix('teacherLogits'), f.tau);
}

function ceOf(tf: Tf, f: CaseFields, weight: number): Scalar {
  return objectives.crossEntropy(tf, f.logits(), f.labels(), weight);
}

function distillationOf(tf: Tf, f: CaseFields, weight: number): Scalar {
  return objectives.distillation(tf, f.logits(), targetOf(tf, f).probabilities, weight, f.tau);
}

function decoupledOf(tf: Tf, f: CaseFields, target: number, others: number): Scalar {
  const weights = { target, others };
  return objectives.decoupled(tf, f.logits(), targetOf(tf, f), f.labels(), f.tau, weights);
}

function distOf(tf: Tf, f: CaseFields, interClass: number, intraClass: number): Scalar {
  return objectives.dist(tf, f.logits(), targetOf(tf, f), f.tau, { interClass, intraClass });
}

function rkdOf(tf: Tf, f: CaseFields, distance: number, angle: number): Scalar {
  const student = f.tensor('studentFeatures');
  const teacher = f.tensor('teacherFeatures');
  return objectives.relationalDistances(tf, student, teacher, { distance, angle });
}

function sharesOf(tf: Tf, f: CaseFields): Tensor2D {
  const weights = f.optionalNumbers('teacherWeights');
  return objectives.equalShares(tf, f.teachers().shape[0], weights);
}

function aekdWeights(tf: Tf, f: CaseFields): Tensor1D {
  return objectives.adaptiveWeights(tf, f.logits(), f.teachers(), f.tau, f.number('C'));
}

/** The softmax of log probabilities, or equal weights. */
function sequenceWeights(logs: readonly number[] | undefined, count: number): number[] {
  const given = logs ?? Array.from({ length: count }, () => 0);
  const greatest = Math.max(...given);
  const sum = given.reduce((total, log) => total + Math.exp(log - greatest), 0);
  return given.map((log) => Math.exp(log - greatest) / sum);
}
