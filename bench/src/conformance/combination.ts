/**
 * Checks `@lyceum/learning/ensemble` against the ensemble rules of a vector file.
 *
 * Each case of the file is one sample: teachers' rows become batches of one row. If a case has probabilities, their
 * logarithms serve as logits: softmax turns these into the same probabilities.
 */
import { argmaxRows, logSoftmaxRows } from '@lyceum/learning/arrays';
import {
  accuracyWeights,
  type ConfidenceWeighting,
  calibrate,
  caMkdWeights,
  confidenceWeights,
  crossEntropies,
  dawidSkene,
  entropies,
  fitTemperature,
  majorityVote,
  mixtureEmStep,
  mixtureNll,
  mixtureRatios,
  mixtureWeights,
  nll,
  type PoolRule,
  pool,
  poolLogProbabilities,
  poolPerClass,
  poolWithShares,
  voteFractions,
} from '@lyceum/learning/ensemble';
import { minNormWeights } from '@lyceum/learning/objectives';
import { type Case, expectClose, type Tolerance } from './case.js';
import {
  asRows,
  classCountOf,
  type Input,
  type Rows,
  teacherLogits,
  weightsOf,
} from './combination-input.js';
import { conformanceEngine } from './conformance-engine.js';
import { adapterWeights } from './reference/adapter-weights.js';
import { normalizedMinNormWeights } from './reference/normalized-min-norm.js';
import { quorumMean } from './reference/quorum-mean.js';
import { poolSparse } from './reference/sparse-pool.js';

/** Computes a rule's results, under the names of the file's `expected`. */
type Rule = (input: Input) => Results | Promise<Results>;
type Results = Readonly<Record<string, unknown>>;

const RULES: Readonly<Record<string, Rule>> = {
  arithmetic: (input) => ({ probs: pooled('arithmetic', input) }),
  geometric: (input) => ({ probs: pooled('geometric', input) }),
  mean_logit: (input) => ({ probs: pooled('geometric', input) }),
  temper_then_pool: temperThenPool,
  accuracy_weights: accuracyRule,
  per_class_weights: perClass,
  entropy_weights: entropyRule,
  camkd_weights: caMkd,
  aekd_alpha: minNorm,
  amtml_weights: ({ beta, theta, W }) => ({
    weights: Array.from(adapterWeights(beta as number[], theta as Rows, W as number[])),
  }),
  mixture_em: mixture,
  fit_temperature: temperatureFit,
  calibrated_pool: calibratedPool,
  majority_vote: vote,
  dawid_skene: dawidSkeneRule,
  quorum_mean: quorum,
  pool_sparse: sparse,
};

const toleranceOf = (name: string): Tolerance => (name === 'aekd_alpha' ? 1e-4 : 1e-10);

export const names: ReadonlySet<string> = new Set(Object.keys(RULES));

export function cases(file: unknown): Case[] {
  return Object.entries(file as Record<string, { readonly cases: readonly VectorCase[] }>).flatMap(
    ([name, section]) =>
      section.cases.map(({ id, input, expected }) => ({
        id: `${name}/${id}`,
        run: async () => expectClose(await RULES[name]?.(input), expected, toleranceOf(name), name),
      })),
  );
}

interface VectorCase {
  readonly id: string;
  readonly input: Input;
  readonly expected: unknown;
}

function pooled(rule: PoolRule, input: Input): number[] {
  const teachers = teacherLogits(input);
  const { tau = 1, normaliseWeights = true } = input;
  const temperature = tau as number;
  const weights = weightsOf(input, teachers.length);
  if (normaliseWeights !== false) return pooledRow(rule, temperature, teachers, weights);
  const classCount = classCountOf(teachers);
  const out = new Float64Array(classCount);
  const shares = Float64Array.from(weights);
  poolWithShares(
    { rule, temperature, teacherLogits: teachers, shares, rowCount: 1, classCount },
    out,
  );
  return Array.from(out);
}

function pooledRow(
  rule: PoolRule,
  temperature: number,
  teachers: ReturnType<typeof teacherLogits>,
  teacherWeights: readonly number[],
): number[] {
  const classCount = classCountOf(teachers);
  const out = new Float64Array(classCount);
  pool(
    { rule, temperature, teacherLogits: teachers, teacherWeights, rowCount: 1, classCount },
    out,
  );
  return Array.from(out);
}

/** The pool of tempered teachers and, to show that the two differ, the tempered pool. */
function temperThenPool(input: Input): Record<string, unknown> {
  const teachers = teacherLogits(input);
  const logs = new Float64Array(classCountOf(teachers));
  const weights = weightsOf(input, teachers.length);
  poolLogProbabilities(
    {
      rule: 'arithmetic',
      temperature: 1,
      teacherLogits: teachers,
      teacherWeights: weights,
      rowCount: 1,
      classCount: logs.length,
    },
    logs,
  );
  return {
    probs: pooled('arithmetic', input),
    poolThenTemper: Array.from(
      logSoftmaxRows(logs, 1, logs.length, input['tau'] as number),
      Math.exp,
    ),
  };
}

function accuracyRule({ accuracies, numClasses, t = 0.1 }: Input): Record<string, unknown> {
  const weights = (weighting: 'linear' | 'softmax' | 'log-odds') =>
    Array.from(
      accuracyWeights(weighting, accuracies as number[], numClasses as number, t as number),
    );
  return { linear: weights('linear'), softmax: weights('softmax'), logodds: weights('log-odds') };
}

function perClass(input: Input): Record<string, unknown> {
  const teachers = teacherLogits(input);
  const { tau = 1, classWeights } = input;
  const out = new Float64Array(classCountOf(teachers));
  poolPerClass(tau as number, teachers, classWeights as Rows, 1, out.length, out);
  return { probs: Array.from(out) };
}

function entropyRule(input: Input): Record<string, unknown> {
  const teachers = teacherLogits(input);
  const classCount = classCountOf(teachers);
  const { t = 1 } = input;
  const weights = (weighting: ConfidenceWeighting) =>
    Array.from(confidenceWeights(weighting, teachers, 1, classCount, t as number));
  const ebkd = weights('ebkd');
  return {
    entropies: Array.from(entropies(teachers, 1, classCount)),
    // In the authors' code the weights' sum is K − 1.
    ebkdRaw: ebkd.map((share) => share * (teachers.length - 1)),
    ebkd,
    negEntropySoftmax: weights('softmax'),
    inverse: weights('inverse'),
    maxprob: weights('greatest'),
    margin: weights('margin'),
  };
}

function caMkd(input: Input): Record<string, unknown> {
  const teachers = teacherLogits(input);
  const labels = Int32Array.of(input['label'] as number);
  const classCount = classCountOf(teachers);
  return {
    ce: Array.from(crossEntropies(teachers, labels, classCount)),
    weights: Array.from(caMkdWeights(teachers, labels, classCount)),
  };
}

/** The rule that the student applies, with tensors. */
async function minNorm({ gradients, C, normalise }: Input): Promise<Results> {
  const tf = await conformanceEngine();
  const own = gradients as Rows;
  const weights = normalise ? normalizedMinNormWeights : minNormWeights;
  const alpha = tf.tidy(() => weights(tf, tf.tensor2d(own as number[][]), C as number).arraySync());
  const mean = Array.from(own[0] ?? [], (_, d) =>
    own.reduce((sum, gradient, k) => sum + (alpha[k] as number) * (gradient[d] as number), 0),
  );
  return { alpha, objective: mean.reduce((sum, x) => sum + x * x, 0) };
}

function mixture({ probsOfTrueLabel }: Input): Record<string, unknown> {
  const probabilities = (probsOfTrueLabel as Rows).map((own) => Float64Array.from(own));
  const equal = new Float64Array(probabilities.length).fill(1 / probabilities.length);
  const afterOne = mixtureEmStep(probabilities, equal);
  let afterTen = afterOne;
  for (let step = 1; step < 10; step++) afterTen = mixtureEmStep(probabilities, afterTen);
  const converged = mixtureWeights(probabilities);
  return {
    afterOne: Array.from(afterOne),
    afterTen: Array.from(afterTen),
    nllStart: mixtureNll(probabilities, equal),
    nllAfterTen: mixtureNll(probabilities, afterTen),
    converged: Array.from(converged),
    nllConverged: mixtureNll(probabilities, converged),
    kkt: Array.from(mixtureRatios(probabilities, converged)),
  };
}

function temperatureFit({ logits, labels, lo, hi }: Input): Record<string, unknown> {
  const rows = logits as Rows;
  const classCount = rows[0]?.length as number;
  const values = Float64Array.from(rows.flat());
  const own = Int32Array.from(labels as number[]);
  const fitted = fitTemperature(values, own, classCount, lo as number, hi as number);
  return {
    T: fitted,
    nllAt1: nll(values, own, classCount),
    nllAtT: nll(calibrate(values, fitted), own, classCount),
  };
}

function calibratedPool(input: Input): Record<string, unknown> {
  const temperatures = input['temperatures'] as readonly number[];
  const teachers = teacherLogits(input).map((own, k) => calibrate(own, temperatures[k] as number));
  const weights = weightsOf(input, teachers.length);
  const { tau = 1 } = input;
  const by = (rule: PoolRule) => pooledRow(rule, tau as number, teachers, weights);
  return { arithmetic: by('arithmetic'), geometric: by('geometric') };
}

function vote({ labels, numClasses, weights }: Input): Record<string, unknown> {
  const own = labels as readonly number[];
  const given = (weights ?? undefined) as readonly number[] | undefined;
  const fractions = voteFractions(own, numClasses as number, given);
  return {
    fractions: fractions && Array.from(fractions),
    winner: majorityVote(own, numClasses as number, given),
  };
}

function dawidSkeneRule(input: Input): Record<string, unknown> {
  const rows = input['labels'] as Rows;
  const classCount = input['numClasses'] as number;
  const votes = Array.from(rows[0] ?? [], (_, k) => rows.map((own) => own[k] as number));
  const { posterior, priors, confusions } = dawidSkene(votes, classCount, {
    iterationCount: input['iterations'] as number,
    smoothing: input['smoothing'] as number,
    countFloor: input['eps'] as number,
    // The file fixes the number of rounds. Tolerance 0 prevents an early stop.
    tolerance: 0,
  });
  return {
    posterior: asRows(posterior, classCount),
    priors: Array.from(priors),
    confusion: confusions.map((own) => asRows(own, classCount)),
    labels: Array.from(argmaxRows(posterior, rows.length, classCount)),
  };
}

function quorum(input: Input): Record<string, unknown> {
  const arrived = input['arrived'] as readonly number[];
  const teachers = teacherLogits(input);
  const { tau = 1, minCount } = input;
  const probs = quorumMean(
    tau as number,
    teachers.map((own, k) => (arrived[k] ? own : undefined)),
    weightsOf(input, teachers.length),
    minCount as number,
    1,
    classCountOf(teachers),
  );
  return { probs: probs && Array.from(probs) };
}

function sparse(input: Input): Record<string, unknown> {
  const teachers = input['teachers'] as readonly { ids: number[]; probs: number[] }[];
  const { ids, probabilities, residual } = poolSparse(
    teachers.map((own) => ({ ids: own.ids, probabilities: own.probs })),
    weightsOf(input, teachers.length),
    input['numClasses'] as number,
    input['mode'] === 'uniform' ? 'uniform' : 'residual',
  );
  return { ids: Array.from(ids), probs: Array.from(probabilities), residual };
}
