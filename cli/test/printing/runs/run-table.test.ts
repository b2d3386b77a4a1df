/** Lists and pages of runs, against lines written by hand. */
import { Run, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { runDocument } from '../../../src/printing/runs/run-document.js';
import { runListLines, runPageLines } from '../../../src/printing/runs/run-table.js';

const RUNS = ['new', 'old'].map((runId) =>
  Run.fromPartial({ runId, kind: 'Training', state: RunState.RUN_STATE_QUEUED, submittedAtMs: 1 }),
);

test.each([
  [2, []],
  [3, ['', '1 older run is not shown: --all shows all, --limit N some more.']],
  [1234, ['', '1,232 older runs are not shown: --all shows all, --limit N some more.']],
])('runListLines with two of %d runs', (count, more) => {
  const lines = runListLines(RUNS, { count, isChoice: false, nowMs: 2 });
  expect(lines.slice(0, 3).map((line) => line.split(' ')[0])).toEqual(['RUN', 'new', 'old']);
  expect(lines.slice(3)).toEqual(more);
});

test('runListLines cuts reasons to the width, and nothing else of a row', () => {
  const reason = '学生は待っている because no worker has asked for it in the last 5 minutes';
  const [run] = RUNS as [Run];
  const lines = (width?: number) =>
    runListLines([{ ...run, reason }], { count: 1, isChoice: false, nowMs: 2, width });
  expect(lines()[1]).toMatch(/5 minutes$/);
  const at = (lines()[0] as string).indexOf('REASON');
  // The eight Japanese characters are two columns wide each.
  expect(lines(at + 27)[1]).toMatch(/ {2}学生は待っている because n…$/);
  expect(lines(at + 17)).toEqual(lines(10));
  expect(lines(10)[1]).toMatch(/^new .* {2}学生は待っている be…$/);
  expect(lines(200)).toEqual(lines());
});

test('runListLines without runs says how to submit one, or that none matches', () => {
  const empty = (isChoice: boolean) => runListLines([], { count: 0, isChoice, nowMs: 0 });
  expect(empty(false)).toEqual(['No runs yet. Submit one with: coordinator submit FILE']);
  expect(empty(true)).toEqual(['No run matches.']);
});

test('runPageLines and runDocument show the order in which a set in shards is visited', () => {
  const order = 'chunks, in blocks of 768 samples: spec.training.order';
  const [run] = RUNS as [Run];
  const sharded = { ...run, order };
  expect(runPageLines(sharded, 2)).toContain(`order      ${order}`);
  expect(runDocument(sharded)).toMatchObject({ order });
  expect(runPageLines(run, 2).join()).not.toContain('order');
  expect(runDocument(run)).not.toHaveProperty('order');
});
