/** Calls of users without a server, with stand-ins for the parts of the service. */
import { tmpdir } from 'node:os';
import * as grpc from '@grpc/grpc-js';
import { createLogger } from '@lyceum/platform';
import { expect, it, vi } from 'vitest';
import type { RunRecord } from '../../src/runs/index.js';
import { type RunServiceParts, runService } from '../../src/services/run-service.js';
import { aRun } from '../reconciliation/a-suspect-run.js';

/** Calls a unary method. @returns the runs whose teachers are asked again, before the record is written. */
async function askedAgain(
  method: 'retryRun' | 'resumeRun' | 'replayRun',
  request: object,
  record: RunRecord,
): Promise<string[]> {
  const asked: string[] = [];
  const written = vi.fn(async (_: unknown) => {
    expect(asked).toHaveLength(1);
    return record;
  });
  const parts = {
    store: {
      require: () => record,
      get: (runId: string) => (runId === record.runId ? record : undefined),
      nextSequence: () => 2,
      leaderEpoch: 1,
    },
    lifecycle: {
      retry: written,
      resume: written,
      submit: written,
      ensureBaseline: async () => undefined,
    },
    health: { askAgain: ({ runId }: RunRecord) => asked.push(runId) },
    monitor: { progress: () => undefined, reason: () => '', costs: { of: () => undefined } },
    active: { targets: () => undefined },
    warnings: () => [],
    stateDir: tmpdir(),
    changed: () => undefined,
    now: () => 7,
    log: createLogger({ name: 'test', level: 'silent' }),
  } as unknown as RunServiceParts;
  const call = {
    request,
    metadata: new grpc.Metadata(),
    getPath: () => '',
    getPeer: () => '',
    on: () => undefined,
  };
  await new Promise<void>((resolve, reject) => {
    runService(parts)[method](call as never, (err) => (err === null ? resolve() : reject(err)));
  });
  expect(written).toHaveBeenCalledOnce();
  return asked;
}

it.each([
  ['retryRun', { runId: 'run' }, { state: 'FAILED' }, 'run'],
  ['resumeRun', { runId: 'run' }, { state: 'PAUSED' }, 'run'],
  ['replayRun', { runId: 'run', newRunId: 'again' }, { state: 'SUCCEEDED' }, 'again'],
] as const)(
  '%s has probes asked again that had no answer: that may be mended',
  async (method, request, state, runId) => {
    expect(await askedAgain(method, request, aRun(state))).toEqual([runId]);
  },
);
