/** `bottleneck` against a table written by hand. */
import { Run, type RunProgress, RunState } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { bottleneck } from '../../src/following/bottleneck.js';

const { RUN_STATE_TRAINING, RUN_STATE_FITTING, RUN_STATE_PAUSED, RUN_STATE_SUCCEEDED } = RunState;

interface Given {
  readonly state: RunState;
  readonly kind?: string;
  readonly reason?: string;
  readonly progress?: Partial<RunProgress>;
}

test.each<[string, Given, string | undefined, string]>([
  ['queued', { state: RunState.RUN_STATE_QUEUED }, 'queue', 'it waits for a free student worker'],
  ['queued, and why', { state: RunState.RUN_STATE_QUEUED, reason: 'after x' }, 'queue', 'after x'],
  [
    'fitting',
    { state: RUN_STATE_FITTING, progress: { waitingFor: ['wide'] } },
    'fitting',
    'answers of wide are missing',
  ],
  ['paused', { state: RUN_STATE_PAUSED, reason: 'the disk is full' }, 'pause', 'the disk is full'],
  [
    'a training alone',
    { state: RUN_STATE_TRAINING, kind: 'Training', progress: { step: 5, waitingShare: 0.5 } },
    'student',
    'it computes',
  ],
  [
    'before the first step',
    { state: RUN_STATE_TRAINING, progress: { step: 0, waitingFor: ['wide'] } },
    'teachers',
    'the student waits for the first answers, now for wide',
  ],
  [
    'before the first step, nothing missing',
    { state: RUN_STATE_TRAINING, progress: { step: 0 } },
    'student',
    'it gets ready',
  ],
  [
    'teachers are slow',
    { state: RUN_STATE_TRAINING, progress: { step: 5, waitingShare: 0.2 } },
    'teachers',
    'the student waits 20 % of its time',
  ],
  [
    'teachers are a little slow',
    { state: RUN_STATE_TRAINING, progress: { step: 5, waitingShare: 0.1, waitingFor: ['wide'] } },
    'student',
    'it computes, and waits 10 % of its time, now for wide',
  ],
  [
    'teachers keep up',
    { state: RUN_STATE_TRAINING, progress: { step: 5, waitingShare: 0.01 } },
    'student',
    'it computes, and teachers keep up',
  ],
  ['evaluating', { state: RunState.RUN_STATE_EVALUATING }, 'evaluation', 'its test is measured'],
  ['ended', { state: RUN_STATE_SUCCEEDED }, undefined, ''],
])('bottleneck of a run: %s', (_, run, name, text) => {
  const found = bottleneck(Run.fromPartial({ kind: 'Distillation', ...run }));
  expect(found).toEqual(name === undefined ? undefined : { name, text });
});

test.each([
  [
    0.6,
    'coordinator',
    'its data threads can carry no more, and the student waits 60 % of its time',
  ],
  [0.1, 'student', 'it computes, and waits 10 % of its time'],
])(
  'bottleneck while the coordinator is full and the student waits %d of its time: %s',
  (share, name, text) => {
    const progress = { step: 5, waitingShare: share, waitingFor: [] };
    const run = Run.fromPartial({ state: RUN_STATE_TRAINING, kind: 'Distillation', progress });
    expect(bottleneck(run, 'data threads')).toEqual({ name, text });
  },
);
