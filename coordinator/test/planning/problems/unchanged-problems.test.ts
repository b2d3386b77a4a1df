/** Runs with and without views, and teachers that know only unchanged samples. */
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { unchangedProblems } from '../../../src/planning/problems/unchanged-problems.js';

function specOf(views: object) {
  const run = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'set',
        teachers: ['asked', 'known'].map((name) => ({ name, model: name })),
        views,
        student: { model: { architecture: 'mlp' } },
        training: { batchSize: 32 },
      },
    },
    'test',
  );
  if (run.kind !== 'Distillation') throw new Error('no distillation');
  return run.spec;
}

const ASKED = { name: 'asked', engine: 'onnxruntime' };

test.each([
  [
    'answers written down',
    { name: 'known', engine: 'recorded' },
    'has answers only for the unchanged samples',
  ],
  ['a reader of texts', { name: 'known', engine: 'http', reads: 'texts' }, 'reads their texts'],
  ['a reader of columns', { name: 'known', engine: 'x', reads: 'columns' }, 'reads their columns'],
] as const)('unchangedProblems refuses views with %s', (_, known, why) => {
  expect(unchangedProblems(specOf({ mixup: true }), [ASKED, known])).toEqual([
    {
      path: 'spec.views',
      message: expect.stringContaining(`changes the samples, but spec.teachers[1].model ${why}`),
    },
  ]);
  expect(unchangedProblems(specOf({}), [ASKED, known])).toEqual([]);
});

test('unchangedProblems accepts views with a teacher that is asked about inputs', () => {
  expect(unchangedProblems(specOf({ mixup: true }), [ASKED])).toEqual([]);
});
