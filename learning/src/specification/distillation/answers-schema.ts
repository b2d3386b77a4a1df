/** How a run's answers are stored, which is what its student trains on. What each codec does is in `@lyceum/learning/codecs`. */
import type { Problem } from '@lyceum/proto';
import {
  choose,
  isMapping,
  listed,
  section,
  wants,
  wholeNumber,
  word,
} from '../../documents/index.js';
import { namesOf } from '../../ensemble/rules/index.js';
import { featureTerms } from './feature-terms-schema.js';

/** Terms that compare probabilities and give no weight to how the least of them differ. */
const TERMS_OF_TOP_K = [
  'kd',
  'soft-ce',
  'kl-forward',
  'skew-fkl',
  'gjs',
  'tvd',
  'topk-kd',
  'vote',
  'ce',
];
const RULES_OF_TOP_K = namesOf((rule) => rule.isOfTopK);

const named = word('auto', 'float32', 'float16', 'uint8-affine');
const topK = section({
  topK: wholeNumber('a whole number from 1 to 9999999', { above: 0, atMost: 9_999_999 }),
});
const CODEC = 'auto, float32, float16, uint8-affine, or { topK: K }';

export const answers = section({
  /**
   * `float32`: exact. `float16`: half of that. `uint8-affine`: a byte a logit between the sample's least and greatest, of which the two greatest are nearly exact.
   * `topK`: the K greatest probabilities at temperature 1, the rest spread evenly; for many classes, and only beside
   * terms and rules that need no more. `auto`: what keeps the divergence from exact answers below 1e-4, by the class
   * count; exact where votes are counted.
   */
  codec: choose([named, topK], (input) => {
    if (typeof input === 'string') return named;
    return isMapping(input) ? topK : { path: '', message: wants(CODEC)({ input }) };
  }).default('auto'),
});

/** What must hold between a codec and what reads the answers. */
export function answersProblems(spec: Mapping, terms: readonly Mapping[]): Problem[] {
  const { codec } = mapping(spec['answers']);
  if (!isMapping(codec)) return [];
  const problems: Problem[] = [];
  const add = (path: string, want: string, got: unknown): void => {
    const message = `want ${want} beside spec.answers.codec: topK, which keeps the greatest probabilities at temperature 1; got ${String(got)}; or take spec.answers.codec: uint8-affine`;
    problems.push({ path, message });
  };
  const { combine = 'arithmetic', calibrate } = mapping(spec['ensemble']);
  if (!RULES_OF_TOP_K.includes(String(combine))) {
    add('spec.ensemble.combine', listed(RULES_OF_TOP_K), combine);
  }
  if (calibrate === true) add('spec.ensemble.calibrate', 'false', true);
  for (const [index, { term, temperature, weight, standardize }] of terms.entries()) {
    const path = `spec.objective[${index}]`;
    // Features are stored beside logits, and exactly.
    if (weight === 0 || Object.hasOwn(featureTerms, String(term))) continue;
    if (standardize === true) {
      add(`${path}.standardize`, 'false', true);
    } else if (!TERMS_OF_TOP_K.includes(String(term))) {
      add(`${path}.term`, listed(TERMS_OF_TOP_K), term);
    } else if (temperature !== undefined ? temperature !== 1 : term === 'kd') {
      add(`${path}.temperature`, '1', temperature ?? 'the default of 4');
    }
  }
  return problems;
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

type Mapping = Readonly<Record<string, unknown>>;
