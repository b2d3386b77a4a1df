/** `worthRuns`: specifications without a teacher, field by field, from documents as users write them. */
import { parseRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { worthRuns } from '../../src/comparison/without-teacher.js';

function specification(spec: string, metadata = '{ name: digits }') {
  const text = `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: ${metadata}
spec:
  dataset: digits
  student: { model: { architecture: mlp }, baseline: train }
${spec}`;
  return parseRunSpecification(text, 'test') as unknown as Record<string, unknown>;
}

const THREE =
  '  teachers: [{ name: a, model: a }, { name: b, model: b }, { name: c, model: run:c }]';

function specOf(text: string) {
  return (JSON.parse(text) as { spec: Record<string, unknown> }).spec;
}

test('worthRuns repeats the run with further seeds, and without each teacher with all seeds', () => {
  const metadata = '{ name: digits, team: vision, labels: { sweep: old, mine: x } }';
  const made = worthRuns('other', specification(`${THREE}\n  training: { seed: 7 }`, metadata), 3);
  expect(made.withAll.map((run) => run.runId)).toEqual(['other-all-seed8', 'other-all-seed9']);
  expect(made.without.map(({ teacher, runs }) => [teacher, runs.map((run) => run.runId)])).toEqual(
    ['a', 'b', 'c'].map((name) => [
      name,
      [7, 8, 9].map((seed) => `other-without-${name}-seed${seed}`),
    ]),
  );
  const document = JSON.parse(made.without[1]?.runs[2]?.text ?? '');
  expect(document).toMatchObject({
    kind: 'Distillation',
    // Without the label of the sweep, in whose table it would be another arm.
    metadata: {
      name: 'other-without-b-seed9',
      team: 'vision',
      labels: { mine: 'x', worth: 'other' },
    },
    spec: { training: { seed: 9 }, student: { baseline: 'none' } },
  });
  expect(Object.keys(document.metadata.labels)).toEqual(['mine', 'worth']);
  expect(document.spec.teachers.map(({ name }: { name: string }) => name)).toEqual(['a', 'c']);
});

test('worthRuns removes the teacher from terms, layers and teacherHealth.accept', () => {
  const { without } = worthRuns(
    'run',
    specification(`${THREE}
  teacherHealth: { accept: [b] }
  objective:
    - { term: kd, teachers: [a, b] }
    - { term: kd, temperature: 3, teachers: [b] }
    - { term: hint, hintLayer: { b: dense_1, c: dense_2 }, guidedLayer: dense }
    - { term: ce }
`),
    2,
  );
  const spec = specOf(without[1]?.runs[0]?.text ?? '');
  expect(spec['objective']).toMatchObject([
    { term: 'kd', teachers: ['a'] },
    { term: 'hint', hintLayer: { c: 'dense_2' } },
    { term: 'ce' },
  ]);
  expect(spec['teacherHealth']).not.toHaveProperty('accept');
  expect(specOf(without[0]?.runs[0]?.text ?? '')['teacherHealth']).toMatchObject({
    accept: ['b'],
  });
});

test('worthRuns removes a quorum of all remaining teachers', () => {
  const of = (quorum: number) => {
    const own = `${THREE}\n  ensemble: { quorum: ${quorum}, deadlineMs: 300 }`;
    const { without } = worthRuns('run', specification(own), 2);
    return specOf(without[0]?.runs[0]?.text ?? '')['ensemble'];
  };
  expect(of(1)).toMatchObject({ quorum: 1, deadlineMs: 300 });
  expect(of(2)).not.toHaveProperty('quorum');
  expect(of(2)).not.toHaveProperty('deadlineMs');
});

test('worthRuns refuses a run that is invalid without a teacher, and a run id that is too long', () => {
  const alone = `${THREE}\n  objective: [{ term: kd, teachers: [a, b] }, { term: vote, teachers: [c] }]`;
  // Without c there is only kd, without a kd of b and the vote.
  expect(worthRuns('run', specification(alone), 2).without).toHaveLength(3);
  const two = '  teachers: [{ name: a, model: a }, { name: b, model: b, weight: 0 }]';
  expect(() => worthRuns('run', specification(two), 2)).toThrow(/run run without-a cannot be used/);
  const name = 'x'.repeat(50);
  expect(() => worthRuns(name, specification(THREE), 2)).toThrow(/would have 6\d letters/);
});
