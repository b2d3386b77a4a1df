/** `liveLines` and `rewritten` of runs written by hand, against lines written by hand. */
import { Run, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { liveLines, rewritten } from '../../src/following/live-view.js';
import type { Paint } from '../../src/session/index.js';

const plain: Paint = (_, text) => text;
const marked: Paint = (colour, text) => `<${colour}>${text}</>`;

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
    waitingShare: 0.31,
    validationAccuracy: 0.9131,
    validationNll: 0.3,
    waitingFor: ['wide', 'deep'],
  },
});

const LOSSES = [2.25, Number.NaN, 1.75, 1.25];

test('liveLines shows progress, speed, loss, validation and the bottleneck', () => {
  expect(liveLines(RUN, LOSSES, 200, plain)).toEqual([
    'digits  TRAINING',
    '  ███████▌······················  25 %  step 250 of 1,000  epoch 4  about 8 s left',
    '  12,800 samples/s  waiting 31.0 %  lr 0.000988',
    '  loss 1.2346  █ ▅▁  from 2.2500',
    '  validation 91.31 %  nll 0.3000',
    '  bottleneck  teachers  the student waits 31 % of its time, now for wide, deep',
  ]);
});

test("liveLines keeps lines within the terminal's width, without counting colours", () => {
  for (const line of liveLines(RUN, LOSSES, 20, plain)) {
    expect([...line].length).toBeLessThanOrEqual(20);
  }
  const [head, bar] = liveLines(RUN, LOSSES, 60, marked);
  expect(head).toBe('<bold>digits</>  <cyan>TRAINING</>');
  expect(bar).toBe('  <cyan>██······</>  25 %  step 250 of 1,000  epoch 4  about 8 s left');
  expect(liveLines(RUN, LOSSES, 8, marked)[0]).toBe('<bold>digits</>  ');
});

test.each([
  [79, '  ██████▊····················  25 %  step 250 of 1,000  epoch 4  about 8 s left'],
  [59, '  25 %  step 250 of 1,000  epoch 4  about 8 s left'],
  [49, '  25 %  step 250 of 1,000  about 8 s left'],
  [39, '  25 %  250/1000  about 8 s left'],
  [25, '  25 %  about 8 s left'],
])('liveLines at %i columns keeps the remaining time, and leaves others out', (width, line) => {
  expect(liveLines(RUN, [], width, plain)[1]).toBe(line);
});

test('liveLines says why a run waits, and how a run has ended', () => {
  const queued = { runId: 'digits', state: RunState.RUN_STATE_QUEUED, reason: 'none is free' };
  expect(liveLines(Run.fromPartial(queued), [], 80, plain)).toEqual([
    'digits  QUEUED',
    '  bottleneck  queue  none is free',
  ]);
  const failed = { runId: 'digits', state: RunState.RUN_STATE_FAILED, reason: 'loss is\nNaN' };
  expect(liveLines(Run.fromPartial(failed), [], 80, marked)).toEqual([
    '<bold>digits</>  <red>FAILED</>',
    '  loss is NaN',
  ]);
});

test('liveLines lets no escape character of a warning through', () => {
  const hostile = Run.fromPartial({ ...RUN, warnings: ['\u001b[2J gone'] });
  const lines = liveLines(hostile, [], 80, plain).join('');
  expect(lines).not.toContain('\u001b');
});

test('rewritten overwrites the last lines, and never clears the screen from its top', () => {
  expect(rewritten(['a', 'b'], 0)).toBe('\u001b[Ka\n\u001b[Kb\n');
  expect(rewritten(['a', 'b'], 2)).toBe('\u001b[2A\r\u001b[Ka\n\u001b[Kb\n');
  expect(rewritten(['a'], 3)).toBe('\u001b[3A\r\u001b[Ka\n\u001b[J');
});
