/** Layers and shapes given by hand. */
import type { LayerDescription } from '@lyceum/learning/models';
import {
  checkRunSpecification,
  type DistillationSpecification,
} from '@lyceum/learning/specification';
import { describe, expect, it } from 'vitest';
import { type LayeredModels, planFeatures } from '../../src/planning/plan-features.js';

const WIDE: LayerDescription[] = [
  { name: 'conv', shape: [14, 14, 8] },
  { name: 'pool', shape: [7, 7, 8] },
  { name: 'odd' },
  { name: 'dense', shape: [20] },
];
const STUDENT: LayerDescription[] = [
  { name: 'conv', shape: [14, 14, 4] },
  { name: 'pool', shape: [7, 7, 4] },
  { name: 'global', shape: [4] },
  { name: 'strange' },
];

const MODELS: LayeredModels = { teachers: [WIDE, WIDE.slice(0, 2)], student: STUDENT };

function specOf(terms: object[], batchSize = 32): DistillationSpecification['spec'] {
  const run = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'set',
        teachers: ['wide', 'narrow'].map((name) => ({ name, model: name })),
        student: { model: { architecture: 'lenet' } },
        objective: [{ term: 'kd' }, ...terms],
        training: { batchSize },
      },
    },
    'test',
  );
  if (run.kind !== 'Distillation') throw new Error('no distillation');
  return run.spec;
}

const planned = (terms: object[], batchSize?: number, models = MODELS) =>
  planFeatures(specOf(terms, batchSize), models);

const hint = (hintLayer: unknown, guidedLayer: string) => ({
  term: 'hint',
  hintLayer,
  guidedLayer,
});

it('planFeatures pins each layer of each teacher once, sorted, with its shape', () => {
  const terms = [
    hint({ narrow: 'pool' }, 'conv'),
    hint('conv', 'conv'),
    hint({ wide: 'dense' }, 'pool'),
    { ...hint('conv', 'pool'), weight: 0 },
    { term: 'attention-transfer', hintLayer: 'pool', guidedLayer: 'conv', teachers: ['wide'] },
    { term: 'similarity-preserving', hintLayer: 'conv', guidedLayer: 'global' },
  ];
  expect(planned(terms)).toEqual({
    problems: [],
    features: [
      { teacher: 0, layer: 'conv', shape: [14, 14, 8] },
      { teacher: 0, layer: 'dense', shape: [20] },
      { teacher: 0, layer: 'pool', shape: [7, 7, 8] },
      { teacher: 1, layer: 'conv', shape: [14, 14, 8] },
      { teacher: 1, layer: 'pool', shape: [7, 7, 8] },
    ],
  });
});

it('planFeatures pins no layer if no term compares features', () => {
  expect(planned([{ term: 'kd' }])).toEqual({ features: [], problems: [] });
});

const OF_WIDE = 'there are conv [14,14,8], pool [7,7,8], dense [20]';
const OF_STUDENT = 'there are conv [14,14,4], pool [7,7,4], global [4]';

describe('planFeatures refuses', () => {
  it.each<[string, object, string, string]>([
    [
      'a layer that a teacher has not',
      hint({ wide: 'fc' }, 'conv'),
      'hintLayer.wide',
      `teacher wide has no layer fc; ${OF_WIDE}`,
    ],
    [
      'a layer that only some teachers have',
      hint('dense', 'global'),
      'hintLayer',
      'teacher narrow has no layer dense; there are conv [14,14,8], pool [7,7,8]',
    ],
    [
      'a layer whose shape is not known',
      hint({ wide: 'odd' }, 'conv'),
      'hintLayer.wide',
      `the model of teacher wide does not give the shape of layer odd; ${OF_WIDE}`,
    ],
    [
      'a layer that the student has not',
      hint('conv', 'fc'),
      'guidedLayer',
      `the student has no layer fc; ${OF_STUDENT}`,
    ],
    [
      'a layer of the student whose shape is not known',
      hint('conv', 'strange'),
      'guidedLayer',
      `the model of the student does not give the shape of layer strange; ${OF_STUDENT}`,
    ],
    [
      'a regressor from a vector to a map',
      hint({ wide: 'conv' }, 'global'),
      'hintLayer.wide',
      'has [14,14,8], and guidedLayer global has [4]; a regressor leads to a vector from any layer, and to a map from one of the same, half or a greater height and width: ' +
        "of the student's conv [14,14,4], pool [7,7,4]",
    ],
    [
      'attention of vectors',
      { term: 'attention-transfer', hintLayer: { wide: 'dense' }, guidedLayer: 'conv' },
      'hintLayer.wide',
      'has [20], and guidedLayer conv has [14,14,4]; attention-transfer compares maps [height, width, channels]: ' +
        "of the student's conv [14,14,4], pool [7,7,4]; of vectors use hint or similarity-preserving",
    ],
  ])('%s', (_, term, field, message) => {
    expect(planned([term]).problems).toEqual([{ path: `spec.objective[1].${field}`, message }]);
  });

  it('relations of too large a batch, and names the largest batch size', () => {
    const term = { term: 'rkd', hintLayer: { wide: 'conv' }, guidedLayer: 'global' };
    expect(planned([term], 206).problems).toEqual([]);
    const [problem] = planned([term], 207).problems;
    expect(problem?.path).toBe('spec.objective[1].hintLayer.wide');
    expect(problem?.message).toContain('use a spec.training.batchSize of at most 206');
  });

  it('features that do not fit into a message, or a batch of them that does not fit into memory', () => {
    const layer = (values: number) => ({ name: 'big', shape: [values] });
    const models = (values: number) => ({ ...MODELS, teachers: [[layer(values)], undefined] });
    const terms = [hint({ wide: 'big' }, 'conv')];
    expect(planned(terms, 8, models(1024 * 1024)).problems).toEqual([]);
    expect(planned(terms, 8, models(1024 * 1024 + 1)).problems).toEqual([
      {
        path: 'spec.objective',
        message:
          'its hint layers have 4194308 bytes a sample, and at most 4194304 are sent; name smaller layers or fewer teachers',
      },
    ]);
    expect(planned(terms, 9, models(1024 * 1024)).problems[0]?.message).toContain(
      'or use a spec.training.batchSize of at most 8',
    );
  });

  it('no layer of a model that is not known', () => {
    const unknown = { teachers: [undefined, undefined], student: undefined };
    expect(planned([hint('conv', 'conv')], 32, unknown)).toEqual({ features: [], problems: [] });
  });
});
