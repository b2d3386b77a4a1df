/**
 * How a run's answers are stored; the student trains on them as they are decoded. Codecs are in
 * `@lyceum/learning/codecs`.
 */
import type { Problem } from '@lyceum/proto';
import { CODEC_SETTINGS, CODEC_WORDS, codecWritten } from '../../codecs/index.js';
import { choose, isMapping, listed, section, wants, word } from '../../documents/index.js';
import { namesOf } from '../../ensemble/rules/index.js';
import { TERMS, termNamed } from '../../objectives/terms/index.js';

const TERMS_OF_TOP_K = TERMS.filter(({ isOfTopK }) => isOfTopK).map(({ name }) => name);
const RULES_OF_TOP_K = namesOf((rule) => rule.isOfTopK);

const named = word('auto', ...CODEC_WORDS);
const mappings = CODEC_SETTINGS.map(({ schema }) => schema);
const CODEC = `${['auto', ...CODEC_WORDS].join(', ')}, or ${listed(CODEC_SETTINGS.map(({ shown }) => shown))}`;

export const answers = section({
  codec: choose([named, ...mappings], (input) => {
    if (typeof input === 'string') return named;
    const [first] = mappings;
    if (!isMapping(input) || first === undefined)
      return { path: '', message: wants(CODEC)({ input }) };
    return CODEC_SETTINGS.find(({ key }) => Object.hasOwn(input, key))?.schema ?? first;
  })
    .default('auto')
    .describe(
      'The codec, by its name or with its settings; auto takes, by the class count, what keeps the mean divergence from exact answers below 1e-4, and is exact where votes are counted. Of teachers that give probability 0, as forests do, the divergence is some 3e-4; float16 keeps it below 1e-7.',
    ),
});

/** What must hold between the codec of a run's answers and its rule and terms, which read the answers. */
export function answersProblems(spec: Mapping, terms: readonly Mapping[]): Problem[] {
  const codec = codecWritten(mapping(spec['answers'])['codec']);
  if (codec?.isOfTopK !== true) return [];
  const name = codec.settings?.key ?? codec.name;
  const problems: Problem[] = [];
  const add = (path: string, want: string, got: unknown): void => {
    const message = `want ${want} beside spec.answers.codec: ${name}, which keeps the greatest probabilities at temperature 1; got ${String(got)}; or take spec.answers.codec: uint8-affine`;
    problems.push({ path, message });
  };
  const { combine = 'arithmetic', calibrate } = mapping(spec['ensemble']);
  if (!RULES_OF_TOP_K.includes(String(combine))) {
    add('spec.ensemble.combine', listed(RULES_OF_TOP_K), combine);
  }
  if (calibrate === true) add('spec.ensemble.calibrate', 'false', true);
  for (const [index, { term, temperature, weight, standardize }] of terms.entries()) {
    const path = `spec.objective[${index}]`;
    const own = termNamed(term);
    // Features are stored beside the answers, and exactly.
    if (weight === 0 || own?.of === 'features') continue;
    const usual = own?.of === 'answers' ? own.defaultTemperature : undefined;
    if (standardize === true) {
      add(`${path}.standardize`, 'false', true);
    } else if (!own?.isOfTopK) {
      add(`${path}.term`, listed(TERMS_OF_TOP_K), term);
    } else if ((temperature ?? usual ?? 1) !== 1) {
      add(`${path}.temperature`, '1', temperature ?? `the default of ${usual}`);
    }
  }
  return problems;
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

type Mapping = Readonly<Record<string, unknown>>;
