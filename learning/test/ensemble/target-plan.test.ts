/** Specifications as users write them, read by the real parser. */
import { describe, expect, it } from 'vitest';
import { ensembleMembers, targetPlan, targetRowShape } from '../../src/ensemble/target-plan.js';
import { parseRunSpecification } from '../../src/specification/run-specification.js';

const ONE = '[{ name: wide, model: wide }]';
const THREE =
  '[{ name: a, model: a }, { name: b, model: b, access: gray }, { name: c, model: c, access: black }]';

function specOf(ensemble: string, objective: string, teachers = ONE) {
  const specification = parseRunSpecification(
    `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: digits }
spec:
  dataset: digits
  teachers: ${teachers}
  ensemble: ${ensemble}
  student: { model: { architecture: mlp } }
  objective: ${objective}
`,
    'test',
  );
  if (specification.kind !== 'Distillation') throw new Error('not a distillation');
  return specification.spec;
}

function planOf(ensemble: string, objective: string, teachers?: string) {
  return targetPlan(specOf(ensemble, objective, teachers));
}

function namesOf(ensemble: string, objective: string, teachers?: string): string[] {
  return planOf(ensemble, objective, teachers).tensors.map(({ name }) => name);
}

describe('targetPlan', () => {
  it('has one pooled tensor per temperature, and none for terms of weight 0', () => {
    const plan = planOf(
      '{ combine: geometric }',
      `[{ term: kd, temperature: 4 }, { term: ce }, { term: kd, temperature: 1.5 },
        { term: kd, temperature: 4, weight: 0.2 }, { term: kd, temperature: 9, weight: 0 }]`,
    );
    const pooled = { kind: 'pooled', teachers: [0], standardized: false };
    expect(plan).toEqual({
      combination: { combine: 'geometric' },
      teacherWeights: [1],
      tensors: [
        { ...pooled, name: 'pooled/geometric/1.5', temperature: 1.5 },
        { ...pooled, name: 'pooled/geometric/4', temperature: 4 },
      ],
    });
  });

  it.each([
    ['{ term: dkd }', 'pooled/arithmetic/4', [10]],
    ['{ term: soft-ce }', 'pooled/arithmetic/1', [10]],
    ['{ term: kl-forward, temperature: 2 }', 'pooled/arithmetic/2', [10]],
    ['{ term: dist }', 'pooled/arithmetic/4', [10]],
    ['{ term: hard-label }', 'pooled/arithmetic/1', [10]],
    ['{ term: kd, standardize: true }', 'pooled/arithmetic/standardized/2', [10]],
    ['{ term: dkd, standardize: true }', 'pooled/arithmetic/standardized/2', [10]],
    ['{ term: mse-logits }', 'mean-logits/arithmetic', [10]],
    ['{ term: topk-kd, k: 5 }', 'top-5/arithmetic', [2, 5]],
    ['{ term: vote }', 'votes', [2]],
  ])('gives %s its tensor', (term, name, rowShape) => {
    const teachers = '[{ name: a, model: a }, { name: b, model: b }]';
    const { tensors } = planOf('{}', `[${term}, { term: tvd, weight: 0 }, { term: ce }]`, teachers);
    expect(tensors.map((tensor) => tensor.name)).toEqual([name]);
    expect(tensors.map((tensor) => targetRowShape(tensor, 10))).toEqual([rowShape]);
  });

  it('uses the arithmetic rule at temperature 4 by default', () => {
    expect(namesOf('{}', '[{ term: kd }]')).toEqual(['pooled/arithmetic/4']);
  });

  it('includes the rule with its default weighting', () => {
    const plan = planOf('{ combine: entropy }', '[{ term: kd, temperature: 2 }]');
    expect(plan.combination).toEqual({ combine: 'entropy', weighting: 'ebkd' });
    expect(plan.tensors.map(({ name }) => name)).toEqual(['pooled/entropy/2']);
  });

  it('gives kd the logits of every teacher where the student weighs them', () => {
    const teachers = '[{ name: a, model: a }, { name: b, model: b }]';
    const plan = planOf(
      '{ combine: aekd }',
      '[{ term: kd }, { term: kd, temperature: 2 }]',
      teachers,
    );
    expect(plan.combination).toEqual({ combine: 'aekd', bound: 0.6 });
    expect(plan.tensors).toEqual([{ kind: 'logits', name: 'logits', teachers: [0, 1] }]);
    expect(plan.tensors.map((tensor) => targetRowShape(tensor, 10))).toEqual([[2, 10]]);
  });

  it('gives a term the teachers that it names', () => {
    const plan = planOf(
      '{}',
      `[{ term: kd, teachers: [b, a] }, { term: kd, teachers: [a] }, { term: vote, teachers: [c, a] },
        { term: vote }]`,
      THREE,
    );
    expect(plan.tensors.map(({ name, teachers }) => [name, teachers])).toEqual([
      ['pooled/arithmetic/4/of/0', [0]],
      ['pooled/arithmetic/4/of/0,1', [0, 1]],
      ['votes', [0, 1, 2]],
      ['votes/of/0,2', [0, 2]],
    ]);
  });
});

describe('ensembleMembers', () => {
  it('are the teachers whose probabilities terms combine, without those that only vote', () => {
    const mixed = specOf(
      '{ combine: entropy }',
      '[{ term: kd, teachers: [a] }, { term: gjs, teachers: [b] }, { term: vote, teachers: [c] }]',
      THREE,
    );
    expect(ensembleMembers(mixed)).toEqual({
      teachers: [0, 1],
      combination: { combine: 'entropy', weighting: 'ebkd' },
    });
  });

  it('are all teachers by majority vote where the only term is vote', () => {
    expect(ensembleMembers(specOf('{}', '[{ term: vote }]', THREE))).toEqual({
      teachers: [0, 1, 2],
      combination: { combine: 'majority-vote' },
    });
  });
});
