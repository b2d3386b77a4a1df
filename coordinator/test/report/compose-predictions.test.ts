/** The file is read back, and figures of the report are recomputed from it with plain loops. */
import { readNpz } from '@lyceum/learning/files';
import { expect, test } from 'vitest';
import { composePredictions } from '../../src/report/compose-predictions.js';
import { composeReport } from '../../src/report/compose-report.js';
import { exampleInput } from './report-input-example.js';

const input = exampleInput();
const arrays = readNpz(composePredictions(input));

function numbers(name: string): number[] {
  return [...(arrays.get(name)?.data ?? [])].map(Number);
}

test('composePredictions writes arrays of each split with their names, types and shapes', () => {
  const shapes = [...arrays].map(([name, a]) => `${name} ${a.dtype} [${a.shape}]`).sort();
  const ofSplit = (prefix: string, rows: number) =>
    [
      `ensemble float32 [${rows},2]`,
      `label int32 [${rows}]`,
      `sampleId int32 [${rows}]`,
      `student float32 [${rows},2]`,
      `studentWithoutTeachers float32 [${rows},2]`,
      `teacher.deep float32 [${rows},2]`,
      `teacher.wide float32 [${rows},2]`,
    ].map((line) => prefix + line);
  expect(shapes).toEqual(
    [...ofSplit('', 4), ...ofSplit('train.', 2), ...ofSplit('validation.', 1)].sort(),
  );
});

test('composePredictions writes the sample ids, labels and logits of the run', () => {
  expect(numbers('sampleId')).toEqual([3, 8, 9, 12]);
  expect(numbers('label')).toEqual([0, 0, 1, 1]);
  expect(numbers('student')).toEqual([...input.student.logits.test]);
  expect(numbers('train.sampleId')).toEqual([1, 0]);
  expect(numbers('validation.student')).toEqual([...input.student.logits.validation]);
  expect(numbers('teacher.deep')).toEqual([...(input.teachers[1]?.logits.test ?? [])]);
});

test('composePredictions writes log-probabilities of the ensemble', () => {
  const ensemble = numbers('ensemble').map(Math.exp);
  expect(ensemble.filter((_, i) => i % 2 === 0)).toEqual(
    [0.8, 0.7, 0.3, 0.5].map((p) => expect.closeTo(p, 6)),
  );
  for (let row = 0; row < 4; row++) {
    expect((ensemble[2 * row] ?? 0) + (ensemble[2 * row + 1] ?? 0)).toBeCloseTo(1, 6);
  }
});

test.each(['student', 'studentWithoutTeachers'] as const)(
  'accuracy and NLL of %s in the report follow from the predictions file',
  (name) => {
    const labels = numbers('label');
    const logits = numbers(name);
    let [right, loss] = [0, 0];
    for (const [row, label] of labels.entries()) {
      const [a = 0, b = 0] = logits.slice(2 * row);
      if ((b > a ? 1 : 0) === label) right++;
      loss -= Math.log(Math.exp(label === 0 ? a : b) / (Math.exp(a) + Math.exp(b)));
    }
    const row = composeReport(input)[name];
    expect(row?.accuracy).toBe(right / 4);
    expect(row?.nll).toBeCloseTo(loss / 4, 6);
  },
);
