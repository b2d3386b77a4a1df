/** A set of three classes and two teachers, of which `few` knows two classes. */
import { listed } from '@lyceum/learning/documents';
import { namesOf } from '@lyceum/learning/ensemble';
import {
  checkRunSpecification,
  type DistillationSpecification,
} from '@lyceum/learning/specification';
import { describe, expect, it } from 'vitest';
import { knownClassesProblems } from '../../../src/planning/problems/known-classes-problems.js';

const CLASSES = {
  classCount: 3,
  classNames: ['cat', 'dog', 'eel'],
  labels: Int32Array.of(0, 1, 2),
  splits: Uint8Array.of(2, 2, 2),
};
const ALL = { name: 'all', weight: 1 };
const FEW = { name: 'few', weight: 1, knownClasses: [0, 1] };

interface Asked {
  readonly ensemble?: object;
  readonly objective?: object[];
  readonly weights?: [number, number];
}

function specOf({ ensemble = {}, objective, weights = [1, 1] }: Asked) {
  const run = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'set',
        teachers: ['all', 'few'].map((name, k) => ({ name, model: name, weight: weights[k] })),
        ensemble,
        student: { model: { architecture: 'lenet' } },
        ...(objective && { objective }),
        training: { batchSize: 32 },
      },
    },
    'test',
  );
  if (run.kind !== 'Distillation') throw new Error('no distillation');
  return run.spec;
}

function problems(
  asked: Asked,
  teachers: Parameters<typeof knownClassesProblems>[1] = [ALL, FEW],
  set: Parameters<typeof knownClassesProblems>[2] = CLASSES,
): string[] {
  const spec: DistillationSpecification['spec'] = specOf(asked);
  return knownClassesProblems(spec, teachers, set).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

const PARTIAL = 'spec.teachers[1] (few) knows 2 of the 3 classes of spec.dataset';

describe('knownClassesProblems with a teacher of some of the classes', () => {
  it.each([
    'arithmetic',
    'geometric',
    'mean-logit',
    'majority-vote',
    'entropy',
    'ca-mkd',
    'accuracy',
    'per-class',
    'dawid-skene',
  ])('accepts combine: %s', (combine) => {
    expect(problems({ ensemble: { combine } })).toEqual([]);
  });

  it.each(['mixture-em', 'aekd'])('refuses combine: %s', (combine) => {
    expect(problems({ ensemble: { combine } })).toEqual([
      `spec.ensemble.combine: ${combine} wants teachers that know all classes, and ${PARTIAL}; combine by ${listed(namesOf((rule) => !rule.needsAllClasses))}`,
    ]);
    expect(problems({ ensemble: { combine } }, [ALL, ALL])).toEqual([]);
  });

  it('refuses the terms mse-logits, vote and kd with standardize', () => {
    const terms = ['kd', 'dkd', 'hard-label', 'dist', 'soft-ce'].map((term) => ({ term }));
    expect(problems({ objective: [...terms, { term: 'topk-kd', k: 2 }] })).toEqual([]);
    const objective = [
      { term: 'kd', standardize: true },
      { term: 'mse-logits' },
      { term: 'vote' },
      { term: 'mse-logits', teachers: ['all'] },
    ];
    expect(problems({ objective })).toEqual([
      `spec.objective[0].standardize: standardises logits over all classes, and ${PARTIAL}; leave it out`,
      `spec.objective[1].term: averages logits, which are known up to a constant of each teacher's own classes, and ${PARTIAL}; use term: kd`,
      `spec.objective[2].term: counts every vote against all classes, and ${PARTIAL}; use term: kd beside spec.ensemble.combine: majority-vote`,
    ]);
  });
});

describe('knownClassesProblems with a class that no teacher knows', () => {
  it('refuses each term whose teachers do not know it', () => {
    const objective = [{ term: 'kd' }, { term: 'soft-ce', teachers: ['few'] }];
    expect(problems({ objective })).toEqual([
      'spec.objective[1].teachers: soft-ce is taught by few, and none of them knows the class eel of spec.dataset; name a teacher of weight above 0 that does, or leave such classes out of the set',
    ]);
    expect(problems({}, [{ ...FEW, name: 'all' }, FEW])).toEqual([
      expect.stringContaining('spec.objective[0].term: kd is taught by all, few, and none of them'),
    ]);
  });

  it('does not count a teacher of weight 0', () => {
    const [refused] = problems({ weights: [0, 1] }, [{ ...ALL, weight: 0 }, FEW]);
    expect(refused).toContain('kd is taught by few, and none of them knows the class eel');
  });

  it('refuses a quorum that may leave out the only teacher that knows it', () => {
    expect(problems({ ensemble: { quorum: 1, deadlineMs: 9 } })).toEqual([
      'spec.ensemble.quorum: may leave kd without any teacher that knows the class eel of spec.dataset; want 2 of 2, or all',
    ]);
    expect(problems({ ensemble: { quorum: 1, deadlineMs: 9 } }, [ALL, ALL])).toEqual([]);
  });
});

it('knownClassesProblems refuses to measure a teacher without a validation label of its classes', () => {
  const set = { ...CLASSES, labels: Int32Array.of(2, 2, -1) };
  for (const [ensemble, what] of [
    [{ combine: 'accuracy' }, 'combine: accuracy'],
    [{ calibrate: true }, 'calibrate: calibrate'],
  ] as const) {
    expect(problems({ ensemble }, [ALL, FEW], set)).toEqual([
      `spec.ensemble.${what} measures few on samples of the classes that it knows, and the validation split of spec.dataset has no sample with one of these labels; use combine: arithmetic without calibrate`,
    ]);
    expect(problems({ ensemble })).toEqual([]);
  }
});
