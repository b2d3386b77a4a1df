/** What the student gains from its teachers: test samples that it gets right only with, or only without them. Pure. */
import { argmaxRows } from '@lyceum/learning/arrays';
import { mcNemar, pairedShares } from '@lyceum/learning/ensemble';
import type { Report } from '../documents/index.js';
import type { ReportInput } from './report-input.js';

/** Null: the student was not trained without teachers, or no sample has a label. */
export function teachersGain({
  student,
  studentWithoutTeachers,
  splits,
  dataset: { classCount },
}: ReportInput): Report['teachersGain'] {
  if (studentWithoutTeachers === undefined) return null;
  const { labels } = splits.test;
  const sampleCount = labels.filter((label) => label >= 0).length;
  if (sampleCount === 0) return null;
  const own = argmaxRows(student.logits.test, labels.length, classCount);
  const alone = argmaxRows(studentWithoutTeachers.logits.test, labels.length, classCount);
  let [onlyWith, onlyWithout] = [0, 0];
  for (const [row, label] of labels.entries()) {
    if (label < 0) continue;
    if (own[row] === label && alone[row] !== label) onlyWith++;
    if (own[row] !== label && alone[row] === label) onlyWithout++;
  }
  return {
    accuracy: pairedShares(onlyWithout, onlyWith, sampleCount),
    onlyWith,
    onlyWithout,
    p: mcNemar(onlyWith, onlyWithout),
  };
}
