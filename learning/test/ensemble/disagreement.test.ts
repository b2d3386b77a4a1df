/** Three rows of three classes, with the answers of each teacher written as classes. */
import { expect, it } from 'vitest';
import {
  certainLogits,
  combineTargets,
  type TeacherAnswers,
} from '../../src/ensemble/combine-targets.js';
import { disagreements } from '../../src/ensemble/disagreement.js';
import type { TargetPlan, TargetTensor } from '../../src/ensemble/target-plan.js';

/** Logits with the given class greatest in each row. */
const rather = (...classes: number[]) =>
  Float32Array.from(classes.flatMap((own) => [0, 1, 2].map((c) => (c === own ? 2 : 0))));

function certain(...classes: number[]): Float32Array {
  const logits = new Float32Array(3 * classes.length);
  certainLogits(classes, 3, logits);
  return logits;
}

function verdicts(
  tensors: readonly TargetTensor[],
  teacherLogits: TeacherAnswers['teacherLogits'],
  combine: TargetPlan['combination'] = { combine: 'arithmetic' },
  teacherWeights: readonly number[] = teacherLogits.map(() => 1),
): number[][] {
  const plan: TargetPlan = {
    combination: combine,
    teacherWeights,
    tensors,
  };
  const answers = { teacherLogits, rowCount: 3, classCount: 3 };
  const all = [...disagreements(plan, answers, combineTargets(plan, answers))];
  return teacherLogits.map((_, k) => all.slice(3 * k, 3 * (k + 1)));
}

const everybody = [0, 1, 2];
const pooled = { kind: 'pooled', name: 'p', temperature: 4, standardized: false } as const;
const ANSWERS = [rather(0, 1, 2), rather(0, 2, 2), rather(1, 2, 2)];
const WANT = [
  [0, 1, 0],
  [0, 0, 0],
  [1, 0, 0],
];

it.each<TargetTensor>([
  { ...pooled, teachers: everybody },
  { kind: 'top-k', name: 't', count: 2, teachers: everybody },
  { kind: 'mean-logits', name: 'm', teachers: everybody },
  { kind: 'votes', name: 'v', teachers: everybody },
])('disagreements marks teachers whose class differs from the target: $kind', (tensor) => {
  const combine = tensor.kind === 'mean-logits' ? 'mean-logit' : 'arithmetic';
  expect(verdicts([tensor], ANSWERS, { combine } as TargetPlan['combination'])).toEqual(WANT);
});

it('disagreements gives -1 without an answer, and for teachers that no pooled target combines', () => {
  const some: TargetTensor = { ...pooled, teachers: [0, 1] };
  expect(verdicts([some], [rather(0, 1, 2), undefined, rather(0, 0, 0)])).toEqual([
    [0, 0, 0],
    [-1, -1, -1],
    [-1, -1, -1],
  ]);
  const votes: TargetTensor = { kind: 'votes', name: 'v', teachers: everybody };
  const silent = verdicts([votes], [certain(0, -1, -1), certain(0, 1, -1), certain(1, 1, -1)]);
  expect(silent).toEqual([
    [0, -1, -1],
    [0, 0, -1],
    [1, 0, -1],
  ]);
  expect(verdicts([{ kind: 'logits', name: 'l', teachers: everybody }], ANSWERS)).toEqual(
    everybody.map(() => [-1, -1, -1]),
  );
});

it('disagreements compares a teacher with the first target that includes it', () => {
  const alone: TargetTensor = { ...pooled, name: 'a', teachers: [2] };
  const all: TargetTensor = { ...pooled, name: 'b', teachers: everybody };
  expect(verdicts([alone, all], ANSWERS)[2]).toEqual([0, 0, 0]);
  expect(verdicts([all, alone], ANSWERS)[2]).toEqual([1, 0, 0]);
});

it("disagreements counts votes by the teachers' weights, as the term does", () => {
  const votes: TargetTensor = { kind: 'votes', name: 'v', teachers: everybody };
  const answers = [certain(0, 1, 2), certain(0, 2, -1), certain(1, 2, -1)];
  expect(verdicts([votes], answers, undefined, [3, 1, 1])).toEqual([
    [0, 0, 0],
    [0, 1, -1],
    [1, 1, -1],
  ]);
  // A vote of weight 0 makes no target.
  expect(verdicts([votes], answers, undefined, [0, 1, 1])).toEqual([
    [0, 1, -1],
    [0, 0, -1],
    [1, 0, -1],
  ]);
});
