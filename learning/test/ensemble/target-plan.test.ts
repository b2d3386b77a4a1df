/** From specifications as users write them, through the real parser. */
import { parseRunSpecification } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { pooledName, targetPlan } from '../../src/ensemble/index.js';

function planOf(ensemble: string, objective: string) {
  const specification = parseRunSpecification(
    `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: digits }
spec:
  dataset: digits
  teachers: [{ name: wide, model: wide }]
  ensemble: ${ensemble}
  student: { model: { architecture: mlp } }
  objective: ${objective}
`,
    'test',
  );
  if (specification.kind !== 'Distillation') throw new Error('not a distillation');
  return targetPlan(specification.spec);
}

it('has one tensor per temperature, in rising order, and no other', () => {
  const plan = planOf(
    '{ combine: geometric }',
    `[{ term: kd, temperature: 4 }, { term: ce }, { term: kd, temperature: 1.5 },
      { term: kd, temperature: 4, weight: 0.2 }, { term: kd, temperature: 9, weight: 0 }]`,
  );
  expect(plan).toEqual({
    combination: { combine: 'geometric' },
    tensors: [
      { name: 'pooled/geometric/1.5', temperature: 1.5 },
      { name: 'pooled/geometric/4', temperature: 4 },
    ],
  });
});

it('serves every term that compares with the teachers', () => {
  const plan = planOf(
    '{}',
    `[{ term: dkd }, { term: kl-reverse }, { term: gjs, temperature: 2 }, { term: hard-label },
      { term: tvd, weight: 0, temperature: 7 }, { term: ce }]`,
  );
  expect(plan.tensors.map(({ temperature }) => temperature)).toEqual([1, 2, 4]);
});

it('follows the default rule', () => {
  expect(planOf('{}', '[{ term: kd }]').tensors.map((tensor) => tensor.name)).toEqual([
    pooledName('arithmetic', 4),
  ]);
});

it('has the rule with its default weighting', () => {
  const plan = planOf('{ combine: entropy }', '[{ term: kd, temperature: 2 }]');
  expect(plan.combination).toEqual({ combine: 'entropy', weighting: 'ebkd' });
  expect(plan.tensors.map(({ name }) => name)).toEqual(['pooled/entropy/2']);
});
