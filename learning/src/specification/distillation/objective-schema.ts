/**
 * The terms of a run's objective: their fields and defaults. What each computes is in `@lyceum/learning/objectives`,
 * what must hold between them and the rest of a run in objective-rules.ts.
 *
 * All but `ce`, `vote`, `mse-logits` and the feature terms compare with what their teachers say together, pooled by `ensemble.combine` at
 * the term's temperature. For kd an arithmetic pool is as good as every teacher by itself, for kl-reverse a geometric
 * one; for the others the pool is a choice. kd, dkd, dist and topk-kd are multiplied by the temperature's square.
 */
import { z } from 'zod';
import {
  choose,
  flag,
  isMapping,
  list,
  number,
  ownName,
  ownSettings,
  section,
  wants,
  wholeNumber,
  word,
} from '../../documents/index.js';
import { featureTerms } from './feature-terms-schema.js';

const notNegative = number('a number, at least 0', { atLeast: 0 });
const proportion = number('a number from 0 to 1', { atLeast: 0, atMost: 1 });
const partial = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

/** Divides logits before softmax. Hinton et al. 2015, §2. */
const temperature = number('a number greater than 0, at most 1000', { above: 0, atMost: 1000 });
const weight = notNegative.default(0.9);

/** Names of `spec.teachers` that the term compares with; absent: all. */
const teachers = list(
  z.string({ error: wants('the name of one of spec.teachers') }),
  'a list of names of spec.teachers',
  { atLeast: 1 },
).optional();

/** Of divergences that are not multiplied by its square: their gradient shrinks as it grows. */
const divergence = { weight, temperature: temperature.default(1), teachers };

/** Standardised logits are smaller and alike in size: Sun et al. 2024 take a lower temperature and weigh more. */
const STANDARDIZED = { weight: 9, temperature: 2 };

/**
 * Fields of the terms that may compare standardised logits, and the defaults without.
 *
 * `standardize`: student's and teachers' logits first lose each row's mean and are divided by its deviation. Defaults
 * are then those of {@link STANDARDIZED}.
 */
const standardizable = {
  weight: notNegative.optional(),
  temperature: temperature.optional(),
  standardize: flag().default(false),
  teachers,
};

interface Standardizable {
  readonly standardize: boolean;
  readonly weight?: number | undefined;
  readonly temperature?: number | undefined;
}

function withDefaults<T extends Standardizable>(
  term: T,
  own: { readonly weight: number; readonly temperature: number },
) {
  const { weight, temperature } = term.standardize ? STANDARDIZED : own;
  return { ...term, weight: term.weight ?? weight, temperature: term.temperature ?? temperature };
}

const CE_HAS_NO = 'belongs to terms that ask teachers, and ce compares with the labels of the set';

const terms = {
  kd: section({ term: z.literal('kd'), ...standardizable }).transform((term) =>
    withDefaults(term, { weight: 0.9, temperature: 4 }),
  ),
  ce: section(
    { term: z.literal('ce'), weight: notNegative.default(0.1) },
    { temperature: 'belongs to term: kd', teachers: CE_HAS_NO },
  ),
  /** Needs labels; a sample without one has no part in it. Zhao et al. 2022. */
  dkd: section({
    term: z.literal('dkd'),
    ...standardizable,
    /** Of the label's class against all others; the paper's alpha. */
    targetWeight: notNegative.default(1),
    /** Of the others among themselves; the paper's beta. */
    othersWeight: notNegative.default(8),
  }).transform((term) => withDefaults(term, { weight: 1, temperature: 4 })),
  /** The gradient of `kl-forward`; the value includes the teachers' entropy. */
  'soft-ce': section({ term: z.literal('soft-ce'), ...divergence }),
  /** `kd` without the temperature's square. */
  'kl-forward': section({ term: z.literal('kl-forward'), ...divergence }),
  'kl-reverse': section({ term: z.literal('kl-reverse'), ...divergence }),
  jeffreys: section({
    term: z.literal('jeffreys'),
    ...divergence,
    /** Of the reverse divergence in the sum of both. */
    reverseShare: proportion.default(0.9),
  }),
  gjs: section({
    term: z.literal('gjs'),
    ...divergence,
    /** Of the teachers in the mixture; a half is Jensen and Shannon's. */
    targetShare: proportion.default(0.5),
  }),
  /** `skew`: share of the first argument in the mixture that is the second. Ko et al. 2024. */
  'skew-fkl': section({ term: z.literal('skew-fkl'), ...divergence, skew: partial.default(0.1) }),
  'skew-rkl': section({ term: z.literal('skew-rkl'), ...divergence, skew: partial.default(0.1) }),
  tvd: section({ term: z.literal('tvd'), ...divergence }),
  /** Of the cluster's plugin, which a cluster of one machine may have. */
  plugin: section({
    term: z.literal('plugin'),
    /** The term's, in the plugin. */
    name: ownName,
    ...divergence,
    settings: ownSettings.default({}),
  }),
  /** Correlations in place of values. Defaults of the paper's CIFAR-100 runs. Huang et al. 2022. */
  dist: section({
    term: z.literal('dist'),
    weight: notNegative.default(2),
    temperature: temperature.default(4),
    /** Of the correlation over a sample's classes; the paper's beta. */
    interClassWeight: notNegative.default(1),
    /** Of the correlation over the batch, class by class; the paper's gamma. */
    intraClassWeight: notNegative.default(1),
    teachers,
  }),
  /** With the mean of the teachers' logits, by their shares in the ensemble. */
  'mse-logits': section(
    {
      term: z.literal('mse-logits'),
      weight,
      /** By what the sum of squares is divided: rows and classes, rows, or twice the rows. */
      reduction: word('mean', 'sum-classes', 'half-sum-classes').default('mean'),
      /** Subtracts each row's mean first: teachers' logits may differ by a constant. */
      center: flag().default(false),
      teachers,
    },
    { temperature: 'has no say: mse-logits compares logits as they are' },
  ),
  /** With the pool's `k` most probable classes. The pool is at temperature 1; `temperature` is applied to what is kept. */
  'topk-kd': section({
    term: z.literal('topk-kd'),
    weight,
    temperature: temperature.default(1),
    k: wholeNumber('a whole number from 1 to 128', { above: 0, atMost: 128 }),
    /**
     * What becomes of the other classes: `bucket` one class more, `uniform` the rest of the probability spread evenly,
     * `renorm` nothing and the kept ones renormalised, `truncated` nothing, which is biased.
     */
    tail: word('bucket', 'uniform', 'renorm', 'truncated').default('bucket'),
    teachers,
  }),
  'hard-label': section(
    { term: z.literal('hard-label'), weight, smoothing: partial.default(0), teachers },
    { temperature: 'does not change which class is most probable; the pool is at temperature 1' },
  ),
  /** With the classes that the teachers name, by `teachers[].weight`; all that a black box gives. */
  vote: section(
    {
      term: z.literal('vote'),
      weight,
      /** `soft`: the shares of the votes; `hard`: the class with most, of equal ones the first. */
      mode: word('soft', 'hard').default('soft'),
      teachers,
    },
    { temperature: 'changes no vote' },
  ),
  ...featureTerms,
};

const NAMES = Object.keys(terms) as [keyof typeof terms, ...(keyof typeof terms)[]];
const termName = word(...NAMES);

const TERM = '{ term: kd, weight, temperature }, { term: ce, weight } or another term';
export const term = choose([...Object.values(terms)], (input) => {
  if (!isMapping(input)) return { path: '', message: wants(TERM)({ input }) };
  const given = termName.safeParse(input['term']);
  if (given.success) return terms[given.data];
  return { path: 'term', message: given.error.issues[0]?.message ?? '' };
});

/** Of a distillation that names none. */
export const DEFAULT_OBJECTIVE = [{ term: 'kd' }, { term: 'ce' }] as const;

/** What kind: Training may minimise. */
export const termAlone = choose([terms.ce], (input) => {
  const given = isMapping(input) ? input['term'] : undefined;
  if (given === 'ce') return terms.ce;
  if (asksTeachers(given)) {
    const message = `${String(given)} asks teachers; it belongs to kind: Distillation`;
    return { path: 'term', message };
  }
  return { path: '', message: wants('{ term: ce, weight }')({ input }) };
});

/** Whether it is the name of a term that compares with the teachers. */
export function asksTeachers(name: unknown): boolean {
  return name !== 'ce' && termName.safeParse(name).success;
}

/** Whether it is the name of a term. */
export function isTermName(name: unknown): boolean {
  return termName.safeParse(name).success;
}

/** Whether it is the name of a term that is content with its teachers' final answers. */
export function asksForVotes(name: unknown): boolean {
  return name === 'vote';
}
