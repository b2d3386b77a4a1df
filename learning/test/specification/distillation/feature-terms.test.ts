/** Terms on inner layers, as a user writes them: defaults, the layers that are meant, and the texts of refusals. */
import { InvalidDocumentError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { hintLayers } from '../../../src/ensemble/feature-plan.js';
import { isFeatureTerm, TERMS } from '../../../src/objectives/terms/table.js';
import { checkRunSpecification } from '../../../src/specification/run-specification.js';

const KD = { term: 'kd' };
const LAYERS = { hintLayer: 'dense_2', guidedLayer: 'dense_1' };

function objective(terms: object[], ensemble: object = {}) {
  return checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'digits',
        teachers: ['wide', 'deep'].map((name) => ({ name, model: name })),
        student: { model: { architecture: 'mlp' } },
        objective: terms,
        ensemble,
      },
    },
    'test',
  ).spec.objective;
}

function problems(terms: object[], ensemble?: object): string[] {
  try {
    objective(terms, ensemble);
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    return err.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

const isOfFeatures = ({ of }: (typeof TERMS)[number]) => of === 'features';

it('feature terms have the default weights of the papers and later comparisons', () => {
  const terms = TERMS.filter(isOfFeatures).map(({ name }) => ({ term: name, ...LAYERS }));
  expect(objective([KD, ...terms]).slice(1)).toEqual([
    { term: 'hint', weight: 100, activation: 'linear', ...LAYERS },
    { term: 'attention-transfer', weight: 1000, power: 2, ...LAYERS },
    { term: 'similarity-preserving', weight: 3000, ...LAYERS },
    { term: 'rkd', weight: 1, distanceWeight: 25, angleWeight: 50, ...LAYERS },
  ]);
});

it('hintLayers gives the layer of each teacher that a term compares with', () => {
  const names = ['wide', 'deep', 'odd'];
  const all = [0, 1, 2].map((teacher) => ({ teacher, layer: 'x' }));
  expect(hintLayers({ hintLayer: 'x' }, names)).toEqual(all);
  expect(hintLayers({ hintLayer: 'x', teachers: ['odd', 'wide'] }, names)).toEqual([
    all[0],
    all[2],
  ]);
  expect(hintLayers({ hintLayer: { odd: 'a', wide: 'b' } }, names)).toEqual([
    { teacher: 0, layer: 'b' },
    { teacher: 2, layer: 'a' },
  ]);
  expect([isFeatureTerm({ term: 'rkd' }), isFeatureTerm({ term: 'kd' })]).toEqual([true, false]);
});

const LAYER_RULE =
  'the name of a layer, at most 80 letters, digits, dots, dashes, underscores and slashes';

describe('a run with a feature term', () => {
  it.each<[string, object[], object, string[]]>([
    [
      'a term without layers',
      [KD, { term: 'hint' }],
      {},
      [
        `spec.objective[1].hintLayer: is missing; want ${LAYER_RULE}; or a mapping from names of spec.teachers to their layers`,
        `spec.objective[1].guidedLayer: is missing; want ${LAYER_RULE}`,
      ],
    ],
    [
      'a mapping of layers to nothing, or to no name',
      [
        KD,
        { term: 'hint', hintLayer: {}, guidedLayer: 'x' },
        { term: 'hint', hintLayer: { wide: 2 }, guidedLayer: 'x' },
      ],
      {},
      [
        `spec.objective[1].hintLayer: want ${LAYER_RULE}; or a mapping from names of spec.teachers to their layers, got an empty mapping`,
        `spec.objective[2].hintLayer.wide: want ${LAYER_RULE}, got 2`,
      ],
    ],
    [
      'layers of somebody who is no teacher, and teachers beside them',
      [
        KD,
        { term: 'rkd', hintLayer: { wide: 'a', tall: 'b' }, guidedLayer: 'x', teachers: ['wide'] },
      ],
      {},
      [
        'spec.objective[1].hintLayer.tall: "tall" is none of spec.teachers; want wide or deep',
        'spec.objective[1].teachers: is told by the mapping of hintLayer already; leave it out',
      ],
    ],
    [
      'a quorum below all',
      [KD, { term: 'hint', ...LAYERS }],
      { quorum: 1, deadlineMs: 100 },
      [
        'spec.objective[1].term: hint compares with each teacher by itself, and spec.ensemble.quorum: 1 of 2 may leave one out; want quorum: all',
      ],
    ],
    [
      'to train no output',
      [
        { term: 'hint', ...LAYERS },
        { term: 'ce', weight: 0 },
      ],
      {},
      [
        'spec.objective: hint trains no layer behind guidedLayer, and no other term does; add { term: kd } or { term: ce } with a weight above 0',
      ],
    ],
    [
      'fields of other terms',
      [KD, { term: 'hint', ...LAYERS, power: 2 }],
      {},
      [
        'spec.objective[1].power: is not a known key here; known here are term, weight, hintLayer, guidedLayer, teachers and activation',
      ],
    ],
  ])('is refused for %s', (_, terms, ensemble, messages) => {
    expect(problems(terms, ensemble)).toEqual(messages);
  });

  it('is accepted below a quorum of all when the weight of the term is 0', () => {
    expect(
      problems([KD, { term: 'hint', ...LAYERS, weight: 0 }], { quorum: 1, deadlineMs: 1 }),
    ).toEqual([]);
  });
});
