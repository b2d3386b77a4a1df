// Records of runs with and without labels, and with and without a term that needs them.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { runWarnings } from '../../src/planning/run-warnings.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
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

it('ce without labels is warned of, by its place', () => {
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
