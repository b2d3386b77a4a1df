/** `followSweep` with a fake coordinator client. */
import { LyceumError, Run, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../src/session/index.js';
import { followSweep } from '../../src/sweep/follow-sweep.js';

const run = Run.fromPartial({
  runId: 'a-1',
  kind: 'Distillation',
  state: RunState.RUN_STATE_SUCCEEDED,
  specificationJson: JSON.stringify({ metadata: { name: 'a-1' }, spec: { training: { seed: 1 } } }),
});
const report = {
  runId: 'a-1',
  student: { accuracy: 0.5, nll: 1, agreementWithEnsemble: 0.75 },
  cost: null,
  training: { seconds: 10, waitingSeconds: 1 },
  wallSeconds: 12,
};

/** @param failures - thrown by the first reads of the report. */
function contextOf(...failures: LyceumError[]) {
  const printed: unknown[] = [];
  const client = {
    async *watchRun() {
      yield run;
    },
    listRuns: async () => [run],
    getReport: async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return report;
    },
  };
  const context = {
    client,
    signal: new AbortController().signal,
    print: (data: unknown) => printed.push(data),
    notice: () => {},
  } as unknown as CommandContext;
  return { context, printed };
}

test('followSweep prints its table though the coordinator was away when the runs ended', async () => {
  const busy = new LyceumError('UNAVAILABLE', 'stream OBJ_lyceum-blobs: timeout');
  const { context, printed } = contextOf(busy, busy);
  await followSweep(context, 'a', ['a-1'], 'live');
  expect(printed).toMatchObject([{ sweep: 'a', arms: [{ accuracy: { mean: 0.5 } }] }]);
});

test('followSweep ends with an error that another try does not mend', async () => {
  const { context } = contextOf(new LyceumError('NOT_FOUND', 'there is no blob'));
  await expect(followSweep(context, 'a', ['a-1'], 'live')).rejects.toThrow('there is no blob');
});
