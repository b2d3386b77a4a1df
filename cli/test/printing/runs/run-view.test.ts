/** `plainLine` and `isNews` of runs written by hand. */
import { Run, RunProgress, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { isNews, plainLine } from '../../../src/printing/runs/run-view.js';

const RUN = Run.fromPartial({
  runId: 'digits',
  kind: 'Distillation',
  state: RunState.RUN_STATE_TRAINING,
  attempt: 1,
  specificationJson: JSON.stringify({ spec: { training: { batchSize: 128 } } }),
  progress: {
    step: 250,
    stepCount: 1000,
    epoch: 4,
    loss: 1.23456,
    learningRate: 0.00098765,
    samplesPerSecond: 12_800,
    waitingShare: 0.0123,
    validationAccuracy: 0.9131,
    validationNll: 0.3,
    waitingFor: ['wide', 'deep'],
  },
});

test('plainLine of a waiting run shows only its reason', () => {
  const queued = Run.fromPartial({
    runId: 'digits',
    state: RunState.RUN_STATE_QUEUED,
    reason: 'no student worker is free',
  });
  expect(plainLine(queued)).toBe('digits QUEUED | no student worker is free');
});

test('plainLine shows step, loss, speed, validation and missing teachers', () => {
  expect(plainLine(RUN)).toBe(
    'digits TRAINING | step 250/1000 epoch 4 | loss 1.2346  lr 0.000988  12,800 samples/s  waiting 1.2 % | validation 91.31 %  nll 0.3000 | the student waits for wide, deep',
  );
});

test('isNews is true of another state, reason, epoch or wait, and false of another step', () => {
  const changed = (change: Partial<Run>) => isNews(RUN, { ...RUN, ...change });
  const progress = RunProgress.fromPartial(RUN.progress ?? {});
  expect(isNews(undefined, RUN)).toBe(true);
  expect(changed({ progress: { ...progress, step: 251 } })).toBe(false);
  expect(changed({ state: RunState.RUN_STATE_EVALUATING })).toBe(true);
  expect(changed({ reason: 'x' })).toBe(true);
  expect(changed({ progress: { ...progress, epoch: 5 } })).toBe(true);
  expect(changed({ progress: { ...progress, waitingFor: [] } })).toBe(true);
});
