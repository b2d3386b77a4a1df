/** Reads the outbox as a session does: take until nothing is due. */
import { StepProgress, TrainingDone } from '@lyceum/proto';
import { beforeEach, expect, it, vi } from 'vitest';
import { laterProgress, type Report, ReportOutbox } from '../../src/session/report-outbox.js';

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
    kinds.push(next.$case);
  }
  return kinds;
};
/** A session that begins now, and all reports that it got so far. */
const session = (leaving: AbortSignal) => {
  const closed = new AbortController();
  const kinds: string[] = [];
  const send = async ({ $case }: Report) => void kinds.push($case);
  return { kinds, closed, over: outbox.say({ closed: closed.signal, send }, leaving) };
};
beforeEach(() => {
  outbox = new ReportOutbox();
});

it('ReportOutbox gives state, newest progress and outcome, in this order and once', () => {
  outbox.setOutcome({ $case: 'done', done });
  outbox.setProgress(progressAt(1));
  outbox.setProgress(progressAt(2));
  outbox.setState(state);
  expect(due()).toEqual(['state', 'progress', 'done']);
  expect(due()).toEqual([]);
});

it('ReportOutbox gives every session state and outcome, until the assignment is forgotten', async () => {
  const told = async () => {
    const { kinds, over } = session(AbortSignal.abort());
    await over;
    return kinds;
  };
  outbox.setOutcome({ $case: 'done', done });
  expect(await told()).toEqual(['state', 'done']);
  expect(await told()).toEqual(['state', 'done']);
  outbox.repeatOutcome();
  expect(due()).toEqual(['done']);
  outbox.forget();
  outbox.repeatOutcome();
  expect(await told()).toEqual(['state']);
});

it('laterProgress keeps a validation that has not been sent', () => {
  expect(laterProgress(progressAt(1, 0.5), progressAt(2)).validation?.accuracy).toBe(0.5);
  expect(laterProgress(progressAt(1, 0.5), progressAt(2, 0.6)).validation?.accuracy).toBe(0.6);
  const other = { ...progressAt(2), assignmentEpoch: 2 };
  expect(laterProgress(progressAt(1, 0.5), other).validation).toBeUndefined();
});

it('ReportOutbox sends an open session what becomes due, and an ended one nothing', async () => {
  const { kinds, closed, over } = session(new AbortController().signal);
  await vi.waitFor(() => expect(kinds).toEqual(['state']), { timeout: 60_000 });
  outbox.setProgress(progressAt(1));
  await vi.waitFor(() => expect(kinds).toEqual(['state', 'progress']), { timeout: 60_000 });
  closed.abort();
  await over;
  outbox.setProgress(progressAt(2));
  expect(kinds).toEqual(['state', 'progress']);
  expect(due()).toEqual(['progress']);
});

it('ReportOutbox sends what is due before the worker leaves', async () => {
  const leaving = new AbortController();
  const { kinds, over } = session(leaving.signal);
  await vi.waitFor(() => expect(kinds).toEqual(['state']), { timeout: 60_000 });
  outbox.setOutcome({ $case: 'done', done });
  leaving.abort();
  await over;
  expect(kinds).toEqual(['state', 'done']);
});
