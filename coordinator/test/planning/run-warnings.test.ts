// Run records with and without labels, and with and without a term that needs labels.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { lackingWorkers, runWarnings } from '../../src/planning/run-warnings.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { aRun } from '../reconciliation/a-run.js';
import { queued } from '../runs/queued-run.js';

function record(objective: readonly object[], labelledTrainCount: number): RunRecord {
  const { specification } = queued();
  const document = { ...specification, spec: { ...specification.spec, objective } };
  return {
    ...queued(),
    labelledTrainCount,
    specification: checkRunSpecification(document, 'test'),
  };
}

it('runWarnings names the ce term of a run without labels', () => {
  const objective = [{ term: 'kd' }, { term: 'ce', weight: 0.1 }];
  expect(runWarnings(record(objective, 0))).toEqual([
    expect.stringMatching(
      /^spec\.objective\[1\]: ce compares with labels, and no sample of the train/,
    ),
  ]);
  expect(runWarnings(record(objective, 1))).toEqual([]);
  expect(runWarnings(record([{ term: 'kd' }], 0))).toEqual([]);
  expect(runWarnings(record([{ term: 'kd' }, { term: 'ce', weight: 0 }], 0))).toEqual([]);
});

it('lackingWorkers names each kind of worker that a run needs and that is not connected', () => {
  const nobody = { teachers: 0, students: 0 };
  expect(lackingWorkers(aRun(), nobody)).toEqual([
    'no student worker is connected: the run will wait for one',
    'no teacher worker is connected: the run may wait for one',
  ]);
  expect(lackingWorkers(aRun({ teachers: [] }), { ...nobody, students: 1 })).toEqual([]);
  expect(lackingWorkers(aRun(), { teachers: 1, students: 1 })).toEqual([]);
});
