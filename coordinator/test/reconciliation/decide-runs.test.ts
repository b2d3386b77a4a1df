// Records and sessions are plain objects, and the clock is a number.
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  assignStarts,
  CANCEL_GRACE_MS,
  ensureBaseline,
  finishCancel,
  giveUpStart,
  HeldSince,
  needs,
  pauseForeign,
  pauseTroubled,
  pauseUnfit,
  RECOVERY_GRACE_MS,
  releaseLost,
  STUDENT_GRACE_MS,
  servingCount,
  Troubles,
  UNFIT_GRACE_MS,
} from '../../src/reconciliation/decide-runs.js';
import { RUN_STATES, type RunStateName } from '../../src/schedule/run-state.js';
import { worker } from '../lifecycle/changes/training-run.js';
import { aHeldRun, aRun, KEY_DIGEST, pinned, SET } from './a-run.js';

const GIB = 1024 ** 3;
const holder = { workerId: 's1', sessionKeyDigest: KEY_DIGEST, runId: 'run' };
const stranger = { ...holder, sessionKeyDigest: '22'.repeat(32) };

function statesOf(acts: (state: RunStateName) => boolean): RunStateName[] {
  return RUN_STATES.filter(acts);
}

it('ensureBaseline acts on a run that has not ended and is not being cancelled', () => {
  expect(statesOf((state) => ensureBaseline(aRun({ state })).length > 0)).toEqual([
    'QUEUED',
    'PREPARING',
    'FITTING',
    'TRAINING',
    'EVALUATING',
    'PAUSED',
  ]);
  const parent = aRun();
  expect(ensureBaseline(parent)).toEqual([{ kind: 'ensure-baseline', runId: 'run', parent }]);
});

describe('a run whose student worker', () => {
  const startedAtMs = 1_000_000;
  const gone = [
    { kind: 'release', runId: 'run', assignmentEpoch: 7, reason: 'student worker s1 is gone' },
  ];

  it('is connected keeps its worker', () => {
    expect(releaseLost(aHeldRun(), holder, undefined, startedAtMs, 2_000_000)).toEqual([]);
  });

  it('lost its session is released after STUDENT_GRACE_MS', () => {
    const lostAtMs = 5_000_000;
    const at = (nowMs: number) => releaseLost(aHeldRun(), undefined, lostAtMs, startedAtMs, nowMs);
    expect(at(lostAtMs + STUDENT_GRACE_MS - 1)).toEqual([]);
    expect(at(lostAtMs + STUDENT_GRACE_MS)).toEqual(gone);
  });

  it('has not come back to a restarted coordinator is released after RECOVERY_GRACE_MS', () => {
    const at = (nowMs: number) => releaseLost(aHeldRun(), undefined, undefined, startedAtMs, nowMs);
    expect(at(startedAtMs + RECOVERY_GRACE_MS - 1)).toEqual([]);
    expect(at(startedAtMs + RECOVERY_GRACE_MS)).toEqual(gone);
  });

  it('was replaced by another process of the same id is released at once', () => {
    expect(releaseLost(aHeldRun(), stranger, undefined, startedAtMs, startedAtMs)).toEqual([
      {
        kind: 'release',
        runId: 'run',
        assignmentEpoch: 7,
        reason: 'student worker s1 was restarted',
      },
    ]);
  });

  it('is gone is released only in PREPARING, FITTING and TRAINING', () => {
    const late = startedAtMs + 1_000_000;
    const acts = (state: RunStateName) =>
      releaseLost(aHeldRun({ state }), undefined, undefined, startedAtMs, late).length > 0;
    expect(statesOf(acts)).toEqual(['PREPARING', 'FITTING', 'TRAINING']);
    const { assignment: _, ...nobodys } = aHeldRun();
    expect(releaseLost(nobodys, undefined, undefined, startedAtMs, late)).toEqual([]);
  });
});

describe('a run that is being cancelled', () => {
  const run = aHeldRun({ state: 'CANCELLING' });
  const done = [{ kind: 'finish-cancel', runId: 'run' }];

  it('is cancelled once its worker no longer holds it', () => {
    const cancelling = new HeldSince();
    expect(finishCancel(run, holder, cancelling, 1_000)).toEqual([]);
    expect(finishCancel(run, { ...holder, runId: '' }, cancelling, 1_200)).toEqual(done);
  });

  it('is cancelled CANCEL_GRACE_MS after the first look if its worker still holds it', () => {
    const cancelling = new HeldSince();
    expect(finishCancel(run, holder, cancelling, 1_000)).toEqual([]);
    expect(finishCancel(run, holder, cancelling, 1_000 + CANCEL_GRACE_MS - 1)).toEqual([]);
    expect(finishCancel(run, holder, cancelling, 1_000 + CANCEL_GRACE_MS)).toEqual(done);
  });

  it('is cancelled at once if no worker holds it', () => {
    expect(finishCancel(run, undefined, new HeldSince(), 1_000)).toEqual(done);
    expect(finishCancel(run, stranger, new HeldSince(), 1_000)).toEqual(done);
    const { assignment: _, ...nobodys } = run;
    expect(finishCancel(nobodys, undefined, new HeldSince(), 1_000)).toEqual(done);
  });

  it('gives its worker the whole time again if it is cancelled a second time', () => {
    const cancelling = new HeldSince();
    finishCancel(run, holder, cancelling, 1_000);
    expect(finishCancel(aHeldRun(), holder, cancelling, 2_000)).toEqual([]);
    expect(finishCancel(run, holder, cancelling, 1_000 + CANCEL_GRACE_MS)).toEqual([]);
  });
});

it('pauseForeign pauses a run with another plugin unless it is paused, being cancelled or has ended', () => {
  const reason = 'it began with plugin 1, and the cluster has 2';
  const acts = (state: RunStateName) => pauseForeign(aRun({ state }), reason).length > 0;
  expect(statesOf(acts)).toEqual(['QUEUED', 'PREPARING', 'FITTING', 'TRAINING', 'EVALUATING']);
  expect(pauseForeign(aRun(), reason)).toEqual([{ kind: 'pause', runId: 'run', reason }]);
  expect(pauseForeign(aRun(), undefined)).toEqual([]);
});

describe('a run with a teacher that is too large for every worker', () => {
  const large = [pinned('anna'), pinned('huge', GIB)];
  const workers = [{ memoryBudgetBytes: 2 * GIB }, { memoryBudgetBytes: GIB }];
  const awaitsAll = () => true;

  it('is paused if no larger worker connects for UNFIT_GRACE_MS', () => {
    const unfit = new HeldSince();
    const at = (nowMs: number) =>
      pauseUnfit(aHeldRun({ teachers: large }), workers, awaitsAll, unfit, nowMs);
    expect(at(0)).toEqual([]);
    expect(at(UNFIT_GRACE_MS - 1)).toEqual([]);
    expect(at(UNFIT_GRACE_MS)).toEqual([
      {
        kind: 'pause',
        runId: 'run',
        reason: 'teacher huge needs 3 GiB; the largest budget is 2 GiB',
      },
    ]);
  });

  it('gets the whole time again after a larger worker was connected', () => {
    const unfit = new HeldSince();
    const run = aHeldRun({ teachers: large });
    const larger = [...workers, { memoryBudgetBytes: 4 * GIB }];
    pauseUnfit(run, workers, awaitsAll, unfit, 0);
    expect(pauseUnfit(run, larger, awaitsAll, unfit, 1)).toEqual([]);
    expect(pauseUnfit(run, workers, awaitsAll, unfit, UNFIT_GRACE_MS)).toEqual([]);
  });

  it('goes on while it does not wait for that teacher', () => {
    const unfit = new HeldSince();
    const awaits = (teacher: string) => teacher === 'id-of-anna';
    for (const nowMs of [0, UNFIT_GRACE_MS]) {
      expect(pauseUnfit(aHeldRun({ teachers: large }), workers, awaits, unfit, nowMs)).toEqual([]);
    }
  });

  it('is not paused while it is QUEUED, or if no worker is connected', () => {
    const begun = aHeldRun({ teachers: large });
    const waiting = { ...begun, state: 'QUEUED' } as const;
    const [unfit, alone] = [new HeldSince(), new HeldSince()];
    for (const nowMs of [0, UNFIT_GRACE_MS]) {
      expect(pauseUnfit(waiting, workers, awaitsAll, unfit, nowMs)).toEqual([]);
      expect(pauseUnfit(begun, [], awaitsAll, alone, nowMs)).toEqual([]);
    }
  });
});

describe('needs', () => {
  const nothingMeasured = (_: string) => false;
  const needOf = (state: RunStateName, isMeasured = nothingMeasured) =>
    needs([aRun({ state })], [], isMeasured)[0];

  it('has a student worker wanted by a queued run, held by a running one, not needed in evaluation', () => {
    expect(needOf('QUEUED')?.student).toBe('wanted');
    expect(needOf('EVALUATING')?.student).toBe('none');
    expect(needs([aHeldRun()], [], nothingMeasured)[0]?.student).toMatchObject({ workerId: 's1' });
  });

  it('has as many last student workers to avoid as failures and losses in a row', () => {
    const studentWorkers = ['s1', 's2', 's3'].map((workerId) => ({ ...worker, workerId }));
    const failedOn = (studentFailureCount: number, studentLossCount: number) =>
      needs(
        [aRun({ studentWorkers, studentFailureCount, studentLossCount })],
        [],
        nothingMeasured,
      )[0]?.failedOn;
    expect(failedOn(0, 0)).toEqual([]);
    expect(failedOn(1, 0)).toEqual(['s3']);
    expect(failedOn(1, 1)).toEqual(['s2', 's3']);
    expect(failedOn(2, 9)).toEqual(['s1', 's2', 's3']);
  });

  it('has teachers of each run in progress or queued, unless its evaluation is measured', () => {
    const asks = (state: RunStateName) => (needOf(state)?.teachers.length ?? 0) > 0;
    expect(statesOf(asks)).toEqual(['QUEUED', 'PREPARING', 'FITTING', 'TRAINING', 'EVALUATING']);
    expect(needOf('EVALUATING', (runId) => runId === 'run')?.teachers).toEqual([]);
    expect(needOf('TRAINING', () => true)?.teachers).toHaveLength(2);
  });

  it('leaves out runs that have ended', () => {
    expect(statesOf((state) => needOf(state) === undefined)).toEqual([
      'SUCCEEDED',
      'FAILED',
      'CANCELLED',
    ]);
  });

  it('has other users of teachers after all runs, without a student worker', () => {
    const user = { id: 'evaluation 1', teachers: [pinned('carl')] };
    expect(needs([aRun()], [user], nothingMeasured).map(({ runId }) => runId)).toEqual([
      'run',
      'evaluation 1',
    ]);
    expect(needs([], [user], nothingMeasured)).toEqual([
      { runId: 'evaluation 1', student: 'none', teachers: [pinned('carl')] },
    ]);
  });
});

describe('a run that may start', () => {
  it('is assigned in the order of the placement', () => {
    const starts = new Map([
      ['b', 's2'],
      ['a', 's1'],
    ]);
    expect(assignStarts({ starts, teachers: new Map(), reasons: new Map() })).toEqual([
      { kind: 'assign', runId: 'b', workerId: 's2' },
      { kind: 'assign', runId: 'a', workerId: 's1' },
    ]);
  });

  it('but cannot is failed, or paused if the storage is full', () => {
    const broken = new LyceumError('FAILED_PRECONDITION', 'its pointer is no pointer');
    expect(giveUpStart('run', broken)).toMatchObject({ kind: 'fail', reason: broken.message });
    const full = new StorageFullError('no room');
    expect(giveUpStart('run', full)).toMatchObject({ kind: 'pause', reason: full.message });
  });

  it('but cannot because of NATS or another leader gets no action', () => {
    expect(giveUpStart('run', new LyceumError('UNAVAILABLE', 'NATS is away'))).toBeUndefined();
    expect(giveUpStart('run', new LyceumError('ABORTED', 'another leads'))).toBeUndefined();
  });
});

it('servingCount counts the workers that have at least one teacher of a run', () => {
  const teachers = new Map([
    ['t1', ['id-of-anna', 'id-of-bert']],
    ['t2', ['id-of-bert', 'id-of-carl']],
    ['t3', ['id-of-carl']],
    ['t4', []],
    ['t5', ['id-of-anna', 'id-of-carl']],
  ]);
  expect(servingCount(aRun().teachers, { teachers })).toBe(3);
});

describe('a teacher that cannot be asked about a set', () => {
  const lasting = new LyceumError('FAILED_PRECONDITION', 'the set is gone');
  const passing = new LyceumError('UNAVAILABLE', 'the store is away');

  it('pauses runs with both the teacher and the set', () => {
    const troubles = new Troubles();
    troubles.add('id-of-bert', SET, lasting);
    expect(pauseTroubled(aHeldRun(), troubles)).toMatchObject([
      { kind: 'pause', runId: 'run', reason: 'the set is gone', logged: { err: lasting } },
    ]);
    const otherSet = { digest: 'd2'.repeat(32), classCount: 10 };
    expect(pauseTroubled(aHeldRun({ dataset: otherSet }), troubles)).toEqual([]);
    expect(pauseTroubled(aHeldRun({ teachers: [pinned('anna')] }), troubles)).toEqual([]);
  });

  it('pauses no run if the error is retryable', () => {
    const troubles = new Troubles();
    troubles.add('id-of-anna', SET, passing);
    expect(pauseTroubled(aHeldRun(), troubles)).toEqual([]);
    expect(troubles.passing()).toEqual([[`id-of-anna ${SET}`, passing]]);
    troubles.add('id-of-bert', SET, lasting);
    expect(pauseTroubled(aHeldRun(), troubles)).toMatchObject([{ reason: 'the set is gone' }]);
  });
});
