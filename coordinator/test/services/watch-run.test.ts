// A run record that changes while it is watched, without a server.
import { once } from 'node:events';
import { LyceumError, RunEvent, RunState } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { RunCosts } from '../../src/monitoring/run-costs.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { listEvents, type WatchRunParts, watchRun } from '../../src/services/watch-run.js';
import { queued } from '../runs/queued-run.js';

async function* oneEvent(_: string, { signal }: { readonly signal: AbortSignal }) {
  yield RunEvent.fromPartial({ kind: 'submitted' });
  if (!signal.aborted) await once(signal, 'abort');
}

/** A run that can be changed, and its watchers. */
function watched() {
  let record: RunRecord = queued();
  const watchers = new Set<() => void>();
  const parts = {
    store: { require: () => record, get: () => record },
    // Events that end without an error once the signal aborts, as those of NATS do.
    events: { settled: async () => {}, read: oneEvent },
    monitor: {
      costs: new RunCosts(),
      progress: () => undefined,
      reason: () => '',
      watch: (_: string, woken: () => void) => {
        watchers.add(woken);
        return () => watchers.delete(woken);
      },
    },
    active: { targets: () => undefined },
  } as unknown as WatchRunParts;
  const change = (state: RunRecord['state']): void => {
    record = { ...record, state };
    for (const woken of watchers) woken();
  };
  return { parts, change, watchers };
}

it('watchRun sends the run, then each change, several at once as one, and ends with the run', async () => {
  const { parts, change, watchers } = watched();
  const seen: (RunState | undefined)[] = [];
  for await (const { run } of watchRun(parts, 'run', new AbortController().signal)) {
    seen.push(run?.state);
    // Two changes in quick succession are one message; the first comes while nothing waits.
    if (seen.length === 1) change('PREPARING');
    if (seen.length === 1) setTimeout(() => change('TRAINING'));
    if (seen.length === 2) setTimeout(() => change('SUCCEEDED'), 300);
  }
  expect(seen).toEqual([
    RunState.RUN_STATE_QUEUED,
    RunState.RUN_STATE_TRAINING,
    RunState.RUN_STATE_SUCCEEDED,
  ]);
  expect(watchers.size).toBe(0);
});

it('watchRun ends when the coordinator stops', async () => {
  const { parts, watchers } = watched();
  const stopping = new AbortController();
  const messages = watchRun(parts, 'run', stopping.signal);
  await messages.next();
  const next = messages.next();
  stopping.abort(new LyceumError('UNAVAILABLE', 'over'));
  await expect(next).rejects.toThrow('over');
  expect(watchers.size).toBe(0);
});

it('listEvents that follows a run ends with an error when the coordinator stops before the run has ended', async () => {
  const { parts, watchers } = watched();
  const stopping = new AbortController();
  const events = listEvents(parts, { runId: 'run', follow: true }, stopping.signal);
  await events.next();
  const next = events.next();
  stopping.abort(new LyceumError('UNAVAILABLE', 'over'));
  await expect(next).rejects.toThrow('over');
  expect(watchers.size).toBe(0);
});
