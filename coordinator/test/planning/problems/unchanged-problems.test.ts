/** Runs with and without views, and teachers that know samples as they are alone. */
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
  ['answers written down', { name: 'known', engine: 'recorded' }, 'holds answers to them as'],
  ['a reader of texts', { name: 'known', engine: 'http', reads: 'texts' }, 'reads their texts'],
  ['a reader of columns', { name: 'known', engine: 'x', reads: 'columns' }, 'reads their columns'],
] as const)('%s, and samples that are changed', (_, known, why) => {
  expect(unchangedProblems(specOf({ mixup: true }), [ASKED, known])).toEqual([
    {
      path: 'spec.views',
      message: expect.stringContaining(`changes the samples, and spec.teachers[1].model ${why}`),
    },
  ]);
  expect(unchangedProblems(specOf({}), [ASKED, known])).toEqual([]);
});

test('a teacher that is asked about what a view shows', () => {
  expect(unchangedProblems(specOf({ mixup: true }), [ASKED])).toEqual([]);
});
