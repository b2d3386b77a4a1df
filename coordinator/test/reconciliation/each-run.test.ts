// Three run records, and a function of the test that fails on one of them.
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { eachRun } from '../../src/reconciliation/each-run.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { queued } from '../runs/queued-run.js';

const records = ['a', 'b', 'c'].map((runId): RunRecord => ({ ...queued(), runId }));

function parts({ pauses = true } = {}) {
  const paused: string[] = [];
  const logged: unknown[] = [];
  const lifecycle = {
    pause: async (runId: string, reason: string) => {
      if (!pauses) throw new LyceumError('NOT_FOUND', `run ${runId} has been deleted`);
      paused.push(`${runId}: ${reason}`);
    },
  };
  const log = { error: (facts: unknown) => logged.push(facts) };
  return { paused, logged, store: { list: () => records }, lifecycle, log };
}

function failingOnB(failure: Error, seen: string[]) {
  return async ({ runId }: RunRecord): Promise<void> => {
    if (runId === 'b') throw failure;
    seen.push(runId);
  };
}

it('eachRun pauses and logs a run whose function throws, and goes on with the others', async () => {
  const seen: string[] = [];
  const all = parts();
  const bug = new TypeError('x is not a function');
  await eachRun(all, failingOnB(bug, seen));
  expect(seen).toEqual(['a', 'c']);
  expect(all.paused).toEqual([
    'b: the coordinator cannot go on with it: x is not a function; its log has more',
  ]);
  expect(all.logged).toEqual([{ runId: 'b', err: expect.objectContaining({ cause: bug }) }]);
});

it('eachRun goes on with the others if the failed run cannot be paused', async () => {
  const seen: string[] = [];
  const all = parts({ pauses: false });
  await eachRun(all, failingOnB(new LyceumError('NOT_FOUND', 'gone'), seen));
  expect(seen).toEqual(['a', 'c']);
  expect(all.logged).toHaveLength(2);
});

it.each([
  new LyceumError('UNAVAILABLE', 'NATS does not answer'),
  new LyceumError('ABORTED', 'another coordinator leads now'),
  new StorageFullError('NATS is full'),
])('eachRun ends at an error that concerns all runs: $message', async (failure) => {
  const seen: string[] = [];
  const all = parts();
  await expect(eachRun(all, failingOnB(failure, seen))).rejects.toBe(failure);
  expect(seen).toEqual(['a']);
  expect(all.paused).toEqual([]);
});
