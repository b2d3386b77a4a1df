/** An empty table, for the lines below it. */
import type { EnsembleTable } from '@lyceum/coordinator/documents';
import { expect, test } from 'vitest';
import { ensembleLines } from '../../src/printing/ensemble-lines.js';

const TABLE: EnsembleTable = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'EnsembleEvaluation',
  datasetDigest: 'a'.repeat(64),
  split: 'test',
  sampleCount: 300,
  labelledCount: 300,
  fittedOn: null,
  classCount: 2,
  teachers: [],
  rows: [],
  omitted: [],
};

test.each([
  [300, 'Figures are of 300 test samples.'],
  [6, 'Figures are of 300 test samples, 6 of them with a label.'],
])('ensembleLines of a split with %s labels', (labelled, line) => {
  expect(ensembleLines({ ...TABLE, labelledCount: labelled })).toContain(line);
});
