/** Reads the outbox as a session does: take until there is nothing. */
import { StepProgress, TrainingDone } from '@lyceum/proto';
import { beforeEach, expect, it } from 'vitest';
import { laterProgress, ReportOutbox } from '../../src/session/report-outbox.js';

const state = { revision: 1, runId: 'digits', assignmentEpoch: 1 };
const done = TrainingDone.fromPartial({ runId: 'digits', assignmentEpoch: 1 });
const progressAt = (step: number, accuracy?: number) =>
  StepProgress.fromPartial({
    runId: 'digits',
    assignmentEpoch: 1,
    step,
    ...(accuracy === undefined ? {} : { validation: { step, accuracy, nll: 1 } }),
  });

let outbox: ReportOutbox;
const due = () => {
  const kinds: (string | undefined)[] = [];
  for (let next = outbox.take(); next !== undefined; next = outbox.take()) {
    kinds.push(next.report?.$case);
  }
  return kinds;
};
beforeEach(() => {
  outbox = new ReportOutbox();
});

it('gives state, newest progress and outcome, in this order and once', () => {
  outbox.setOutcome({ $case: 'done', done });
  outbox.setProgress(progressAt(1));
  outbox.setProgress(progressAt(2));
  outbox.setState(state);
  expect(due()).toEqual(['state', 'progress', 'done']);
  expect(due()).toEqual([]);
});

it('tells every session state and outcome, until the assignment is forgotten', () => {
  outbox.setOutcome({ $case: 'done', done });
  due();
  outbox.startSession();
  expect(due()).toEqual(['state', 'done']);
  outbox.repeatOutcome();
  expect(due()).toEqual(['done']);
  outbox.forget();
  outbox.startSession();
  outbox.repeatOutcome();
  expect(due()).toEqual(['state']);
});

it('keeps a validation that nobody has heard of', () => {
  expect(laterProgress(progressAt(1, 0.5), progressAt(2)).validation?.accuracy).toBe(0.5);
  expect(laterProgress(progressAt(1, 0.5), progressAt(2, 0.6)).validation?.accuracy).toBe(0.6);
  const other = { ...progressAt(2), assignmentEpoch: 2 };
  expect(laterProgress(progressAt(1, 0.5), other).validation).toBeUndefined();
});

it('wakes whoever waits for a change, or gives up waiting', async () => {
  const controller = new AbortController();
  due();
  const changed = outbox.changed(controller.signal);
  outbox.setProgress(progressAt(1));
  await changed;
  const aborted = outbox.changed(controller.signal);
  controller.abort();
  await aborted;
  await outbox.changed(controller.signal);
});
