/** `findingsLines` against lines written by hand. */
import { expect, test } from 'vitest';
import type { Findings } from '../../src/client/index.js';
import { findingsLines } from '../../src/printing/findings-lines.js';

const empty = { count: 0, confidence: null, accuracy: null };
const STUDENT: Findings['models'][number] = {
  name: 'student',
  confusion: { classes: [], counts: [] },
  confused: [
    { label: 1, output: 0, count: 1200 },
    { label: 0, output: 1, count: 3 },
  ],
  reliability: [
    ...Array.from({ length: 13 }, () => empty),
    { count: 4, confidence: 0.9, accuracy: 0.75 },
    { count: 2000, confidence: 0.99, accuracy: 1 },
  ],
};
const FINDINGS: Findings = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'Findings',
  runId: 'digits',
  classNames: ['cat', '<b>dog'],
  sampleCount: 2004,
  models: [STUDENT],
  examples: [],
};

test('findingsLines shows confused pairs and filled bins of confidence', () => {
  expect(findingsLines(FINDINGS, STUDENT)).toEqual([
    'What student confuses most often, of 2,004 labelled test samples:',
    'LABEL   OUTPUT  SAMPLES',
    '<b>dog  cat       1,200',
    'cat     <b>dog        3',
    '',
    'How sure it is, and how often right:',
    'CONFIDENCE  SAMPLES     MEAN  ACCURACY',
    '87–93 %           4  90.00 %   75.00 %',
    '93–100 %      2,000  99.00 %  100.00 %',
  ]);
});

test('findingsLines without labels says that no errors are known', () => {
  const none = { ...STUDENT, confused: [] };
  expect(findingsLines({ ...FINDINGS, sampleCount: 0 }, none)).toEqual([
    'No test sample has a label: nothing is known of its errors.',
  ]);
});

test('findingsLines says that a model has no errors and no confidence', () => {
  const box = { ...STUDENT, name: 'teacher.box', confused: [], reliability: null };
  expect(findingsLines(FINDINGS, box)).toEqual([
    'teacher.box is right about all of the 2,004 labelled test samples.',
    '',
    'teacher.box gives final answers only: nothing is known of how sure it is.',
  ]);
});
