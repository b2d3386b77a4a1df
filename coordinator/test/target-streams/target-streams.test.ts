// A run that changes after its reader has taken the outline. No answer ever comes.
import { StreamTargetsRequest } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { TargetStreams, type TargetStreamsParts } from '../../src/target-streams/target-streams.js';
import { aRun, dataset, fit } from '../reconciliation/a-suspect-run.js';

function streams(run: () => ReturnType<typeof aRun>): TargetStreams {
  const parts = {
    store: { require: run, get: run },
    catalog: { dataset: async () => ({ ...dataset, classNames: ['a', 'b'] }) },
    desk: { ask: () => undefined, withdraw: () => undefined },
    workerCount: () => 1,
    changed: () => undefined,
  };
  return new TargetStreams(parts as unknown as TargetStreamsParts);
}

const request = StreamTargetsRequest.fromPartial({ runId: 'run', wait: true });

it('TargetStreams ends a stream whose rule lost its fit after the outline', async () => {
  let run = aRun({ state: 'TRAINING', fit });
  const known = streams(() => run);
  const stream = known.stream(request, new AbortController().signal);
  expect((await stream.next()).value?.part?.$case).toBe('outline');
  const { fit: _, ...unfitted } = run;
  run = unfitted;
  await expect(stream.next()).rejects.toThrow(
    'the rule of run run was fitted to answers that were dropped since',
  );
  expect(known.readers()).toEqual([]);
});

it('TargetStreams goes on with a stream whose rule still has the same fit', async () => {
  const known = streams(() => aRun({ state: 'TRAINING', fit: { ...fit } }));
  const stream = known.stream(request, new AbortController().signal);
  await stream.next();
  expect((await stream.next()).value?.part?.$case).toBe('waiting');
  expect(known.readers()).toHaveLength(1);
  await stream.return();
  expect(known.readers()).toEqual([]);
});
