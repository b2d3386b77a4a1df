// Which teachers a run's targets were made of, from the run record and the contributor ledger.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { contributorCountsOf, unknownContributors } from '../../src/evaluation/report-facts.js';
import type { PinnedTeacher } from '../../src/runs/record/pinned-teacher.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { queued } from '../runs/queued-run.js';

/** 40 steps in 4 spans of 10, each an epoch. */
function record(ensemble: object): RunRecord {
  const run = queued();
  const teachers = ['one', 'two'].map((name) => ({ name, model: name }));
  const { spec, ...head } = run.specification;
  const specification = checkRunSpecification(
    { ...head, spec: { ...spec, teachers, ensemble } },
    '',
  );
  return { ...run, specification, teachers: teachers as unknown as PinnedTeacher[] };
}

test('contributorCountsOf counts every teacher in every step of a run without a quorum', () => {
  expect(contributorCountsOf(record({}), new Map())).toEqual({
    degradedSteps: 0,
    unknownSteps: 0,
    teacherSteps: [40, 40],
  });
});

test('contributorCountsOf counts steps missing from the ledger as unknown, with a warning', () => {
  const contributors = new Map([
    [2, [1]],
    [3, [0, 1]],
  ]);
  const run = record({ quorum: 1, deadlineMs: 5 });
  const counts = contributorCountsOf(run, contributors);
  expect(counts).toEqual({ degradedSteps: 10, unknownSteps: 20, teacherSteps: [10, 20] });
  expect(unknownContributors(counts.unknownSteps)).toEqual([
    'it is not known which teachers made the targets of 20 steps',
  ]);
  expect(unknownContributors(0)).toEqual([]);
});
