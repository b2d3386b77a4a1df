// Refusals follow from sizes alone.
import { stepPlan } from '@lyceum/learning/orders';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { sizeProblems } from '../../../src/artifacts/model-problems.js';
import { batchProblems } from '../../../src/planning/problems/batch-problems.js';
import type { PinnedTeacher } from '../../../src/runs/record/pinned-teacher.js';

const MIB = 1024 * 1024;

function problems(
  batchSize: number,
  { classCount = 2, teacherCount = 1, sampleShape = [2, 2, 1] },
): string[] {
  const teachers = Array.from({ length: teacherCount }, (_, n) => ({ name: `t${n}`, model: 'm' }));
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'large' },
      spec: {
        dataset: 'set',
        teachers,
        student: { model: { architecture: 'mlp' } },
        training: { batchSize },
      },
    },
    'large.yaml',
  );
  const facts = {
    plan: stepPlan({ sampleCount: 100_000, batchSize, epochs: 1 }),
    dataset: { digest: 'd', classCount },
    teachers: teachers.map(({ name }) => ({ name }) as PinnedTeacher),
    features: [],
  };
  return batchProblems(specification, facts, sampleShape).map(({ message }) => message);
}

test('batchProblems accepts batches that fit', () => {
  expect(problems(65_536, {})).toEqual([]);
  expect(problems(128, { classCount: 1000, teacherCount: 64, sampleShape: [224, 224, 3] })).toEqual(
    [],
  );
});

test('batchProblems refuses a batch that no worker can hold, and names the largest size', () => {
  // 224 · 224 · 3 numbers of the sample and 2 of the target.
  const numbers = 150_530;
  expect(problems(65_536, { sampleShape: [224, 224, 3] })).toEqual([
    `makes batches of ${65_536 * numbers * 4} bytes, ${numbers} numbers a sample; want at most ${1024 * MIB} bytes, ${Math.floor((1024 * MIB) / numbers / 4)} samples`,
  ]);
});

test('batchProblems refuses a run whose answers the coordinator cannot hold', () => {
  // Four spans of one batch each, four bytes a class.
  const bytes = 4 * 65_536 * 64 * 1000 * 4;
  expect(problems(65_536, { classCount: 1000, teacherCount: 64 })).toEqual([
    `makes the coordinator hold ${bytes} bytes of answers for this run, of 64 teachers and 1000 classes; want at most ${4096 * MIB}: lower it`,
  ]);
});

test('sizeProblems refuses a student whose checkpoint is too large to be stored', () => {
  expect(sizeProblems('spec.student.model', 178_956_970)).toEqual([]);
  expect(sizeProblems('spec.student.model', undefined)).toEqual([]);
  expect(sizeProblems('spec.student.model', 178_956_971)).toEqual([
    {
      path: 'spec.student.model',
      message:
        'makes a student of 178,956,971 parameters; want at most 178,956,970, whose checkpoint can be stored',
    },
  ]);
});
