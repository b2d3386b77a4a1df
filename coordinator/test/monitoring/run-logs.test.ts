// Which lines belong to which runs, and which lines of workers are refused.
import { digestBytes, type LoggedLine, LogLevel } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { type LineTeller, RunLogs } from '../../src/monitoring/run-logs.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { aRun, pinned } from '../reconciliation/a-run.js';

const NOW_MS = Date.parse('2026-01-02T03:04:05Z');
const ALL = { level: 0 as LogLevel, from: '', after: 0, before: Number.POSITIVE_INFINITY };
const [SHARED, OTHER] = ['ab'.repeat(32), 'cd'.repeat(32)];

function runWith(
  runId: string,
  teachers: Record<string, string>,
  changes: Partial<RunRecord> = {},
) {
  const pins = Object.entries(teachers).map(([name, identity]) => ({ ...pinned(name), identity }));
  return aRun({ runId, teachers: pins, ...changes });
}

function logsOf(...records: RunRecord[]) {
  const store = {
    get: (runId: string) => records.find((record) => record.runId === runId),
    list: () => records,
  };
  return new RunLogs(store, () => NOW_MS);
}

function ofRun(runId: string, message: string, changes: Partial<LoggedLine> = {}): LoggedLine {
  const about = { $case: 'runId', runId } as const;
  return { atMs: NOW_MS - 5, level: LogLevel.LOG_LEVEL_INFO, about, message, ...changes };
}

function ofTeacher(identity: string, message: string): LoggedLine {
  const about = { $case: 'teacherIdentity', teacherIdentity: digestBytes(identity) } as const;
  return ofRun('', message, { about });
}

const student: LineTeller = {
  workerId: 's1',
  mayTellOfRun: ({ runId }) => runId === 'mine',
  mayTellOfTeacher: () => false,
};
const teacher: LineTeller = {
  workerId: 't1',
  mayTellOfRun: () => false,
  mayTellOfTeacher: (identity) => identity === SHARED,
};

const shown = (logs: RunLogs, runId: string) =>
  logs.read(runId, ALL, 0).lines.map(({ from, message }) => `${from}: ${message}`);

describe('a log line', () => {
  it('that names a run is shown for that run alone', () => {
    const logs = logsOf(runWith('mine', {}), runWith('other', {}));
    logs.own(ofRun('mine', 'submitted'));
    logs.told(student, [ofRun('mine', 'started')]);
    expect(shown(logs, 'mine')).toEqual(['coordinator: submitted', 's1: started']);
    expect(shown(logs, 'other')).toEqual([]);
  });

  it('that names a teacher is shown for runs with it, under their names for it, unless they ended long ago', () => {
    const logs = logsOf(
      runWith('first', { big: SHARED }),
      runWith('second', { wide: SHARED, small: OTHER }),
      runWith('third', { small: OTHER }),
      runWith('just-ended', { big: SHARED }, { state: 'FAILED', endedAtMs: NOW_MS - 1_000 }),
      runWith('ended', { big: SHARED }, { state: 'FAILED', endedAtMs: NOW_MS - 60_000 }),
    );
    logs.told(teacher, [ofTeacher(SHARED, 'failed to load')]);
    expect(shown(logs, 'first')).toEqual(['t1: teacher big: failed to load']);
    expect(shown(logs, 'second')).toEqual(['t1: teacher wide: failed to load']);
    expect(shown(logs, 'third')).toEqual([]);
    expect(shown(logs, 'just-ended')).toHaveLength(1);
    expect(shown(logs, 'ended')).toEqual([]);
  });

  it('is left out if it is about a missing run, or a run or teacher that the worker may not name', () => {
    const logs = logsOf(runWith('mine', { big: SHARED, small: OTHER }), runWith('other', {}));
    logs.own(ofRun('deleted', 'run deleted'));
    logs.told(student, [ofRun('other', 'forged'), ofTeacher(SHARED, 'forged'), ofRun('no', 'x')]);
    logs.told(teacher, [ofRun('mine', 'forged'), ofTeacher(OTHER, 'forged')]);
    logs.told(teacher, [{ ...ofRun('', 'about nothing'), about: undefined }]);
    for (const runId of ['mine', 'other', 'deleted', 'no']) expect(shown(logs, runId)).toEqual([]);
  });

  it('with a bad time, a bad level or too many characters is corrected', () => {
    const logs = logsOf(runWith('mine', {}));
    logs.told(student, [
      ofRun('mine', 'tomorrow', { atMs: Number.MAX_SAFE_INTEGER }),
      ofRun('mine', 'never', { atMs: 0, level: 77 as LogLevel }),
      ofRun('mine', 'x'.repeat(5_000)),
    ]);
    const { lines } = logs.read('mine', ALL, 0);
    expect(lines.map(({ atMs }) => atMs)).toEqual([NOW_MS, NOW_MS, NOW_MS - 5]);
    expect(lines.map(({ level }) => level)).toEqual([1, 1, 1]);
    expect(lines[2]?.message).toHaveLength(2_048);
  });
});

it('RunLogs refuses a message of 65 lines', () => {
  const logs = logsOf(runWith('mine', {}));
  const lines = Array.from({ length: 65 }, () => ofRun('mine', 'x'));
  expect(() => logs.told(student, lines)).toThrow('65 lines of a log in one message; at most 64');
  expect(shown(logs, 'mine')).toEqual([]);
});

it('RunLogs returns the newest lines, and counts the omitted ones', () => {
  const logs = logsOf(runWith('mine', {}));
  for (let i = 1; i <= 2_010; i++) logs.own(ofRun('mine', `${i}`));
  const newest = logs.read('mine', ALL, 2);
  expect(newest.lines.map(({ message }) => message)).toEqual(['2009', '2010']);
  expect(newest.omittedCount).toBe(0);
  const all = logs.read('mine', ALL, 0);
  expect([all.lines.length, all.omittedCount, all.lastSequence]).toEqual([2_000, 10, 2_010]);
});

it('RunLogs drops the run without a new line for longest beyond 128 runs, and a forgotten run at once', () => {
  const records = Array.from({ length: 129 }, (_, i) => runWith(`r${i}`, {}));
  const logs = logsOf(...records);
  for (const { runId } of records.slice(0, 128)) logs.own(ofRun(runId, 'first'));
  logs.own(ofRun('r0', 'again'));
  logs.own(ofRun('r128', 'first'));
  expect(shown(logs, 'r0')).toHaveLength(2);
  expect(shown(logs, 'r1')).toEqual([]);
  expect(shown(logs, 'r2')).toHaveLength(1);
  logs.forget('r2');
  expect(logs.read('r2', ALL, 0)).toEqual({ lines: [], omittedCount: 0, lastSequence: 0 });
});
