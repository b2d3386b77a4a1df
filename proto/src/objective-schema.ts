/**
 * The terms of a run's objective: their fields and defaults. What each computes is in `@lyceum/learning/objectives`.
 *
 * All but `ce` and the feature terms compare with what the teachers say together, pooled by `ensemble.combine` at the term's temperature.
 * For kd an arithmetic pool is as good as every teacher by itself, for kl-reverse a geometric one; for the others the
 * pool is a choice. Only kd and dkd are multiplied by the temperature's square.
 */
import { z } from 'zod';
import { choose, isMapping, number, section, wants, word } from './document-schema.js';
import { featureTerms } from './feature-terms-schema.js';
import { ownName, ownSettings } from './plugin-schema.js';

const notNegative = number('a number, at least 0', { atLeast: 0 });
const proportion = number('a number from 0 to 1', { atLeast: 0, atMost: 1 });
const partial = number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 });

/** Divides logits before softmax. Hinton et al. 2015, §2. */
const temperature = number('a number greater than 0, at most 1000', { above: 0, atMost: 1000 });
const weight = notNegative.default(0.9);
/** Of divergences that are not multiplied by its square: their gradient shrinks as it grows. */
const divergence = { weight, temperature: temperature.default(1) };

const terms = {
  kd: section({ term: z.literal('kd'), weight, temperature: temperature.default(4) }),
  ce: section(
    { term: z.literal('ce'), weight: notNegative.default(0.1) },
    { temperature: 'belongs to term: kd' },
  ),
  /** Needs labels; a sample without one has no part in it. Zhao et al. 2022. */
  dkd: section({
    term: z.literal('dkd'),
    weight: notNegative.default(1),
    temperature: temperature.default(4),
    /** Of the label's class against all others; the paper's alpha. */
    targetWeight: notNegative.default(1),
    /** Of the others among themselves; the paper's beta. */
    othersWeight: notNegative.default(8),
  }),
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
  'hard-label': section(
    { term: z.literal('hard-label'), weight, smoothing: partial.default(0) },
    { temperature: 'does not change which class is most probable; the pool is at temperature 1' },
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
