/** Facts for the dashboard's page, from messages of the coordinator. */
import {
  GetHistoryResponse,
  ListRunsResponse,
  ListWorkersResponse,
  LogLine,
  LyceumError,
  RunEvent,
  RunState,
} from '@lyceum/proto';
import { describe, expect, test } from 'vitest';
import type { ComparedParts } from '../../src/dashboard/facts/comparison-facts.js';
import {
  comparisonFacts,
  EventWindow,
  failureOf,
  historyFacts,
  logPage,
  logRequest,
  recentHistory,
  runFacts,
  runPage,
  runRow,
  workerFacts,
} from '../../src/dashboard/facts/index.js';
import { run } from './fake-cluster.js';

const IDENTITIES = ['a'.repeat(64), 'b'.repeat(64)];
const SPECIFICATION = { spec: { teachers: [{ name: 'wide' }, { name: 'deep' }] } };
const NOBODY = ListWorkersResponse.fromPartial({});
const NOTHING = GetHistoryResponse.fromPartial({});

describe('facts of runs', () => {
  test('runRow of a run without progress has zeros, and no accuracy', () => {
    expect(runRow(run('a', { state: RunState.RUN_STATE_QUEUED }))).toEqual({
      id: 'a',
      kind: 'Distillation',
      state: 'QUEUED',
      reason: '',
      attempt: 1,
      team: '',
      labels: {},
      submittedAtMs: 0,
      startedAtMs: 0,
      endedAtMs: 0,
      step: 0,
      stepCount: 0,
      loss: 0,
      validationAccuracy: null,
    });
  });

  test('runRow keeps a validation accuracy of 0', () => {
    const progress = { validationAccuracy: 0, validationNll: 1.2 };
    expect(runRow(run('a', { progress })).validationAccuracy).toBe(0);
  });

  test('runPage has the next page, and counts by state', () => {
    const counts = [{ state: RunState.RUN_STATE_FAILED, count: 3 }];
    const page = ListRunsResponse.fromPartial({ runs: [run('a')], counts, nextPageToken: 'n' });
    expect(runPage(page)).toMatchObject({ nextPage: 'n', counts: { FAILED: 3 } });
    expect(runPage(ListRunsResponse.fromPartial({})).nextPage).toBeNull();
  });

  test('runFacts finds quarantines of teachers by identity, not by name', () => {
    const cost = { studentDeviceSeconds: 5, teachers: [{ name: 'deep', deviceSeconds: 2 }] };
    const own = run('a', {
      specificationJson: JSON.stringify(SPECIFICATION),
      teacherIdentities: IDENTITIES,
      cost,
    });
    const workers = ListWorkersResponse.fromPartial({
      quarantines: [
        { workerId: 't-2', teacher: 'wide', teacherIdentity: IDENTITIES[1] ?? '', reason: 'wrong' },
      ],
    });
    const history = GetHistoryResponse.fromPartial({
      columns: ['loss', 'teacher.wide.latencyMs', 'teacher.wide.share', 'teacher.deep.share'],
      points: [
        { firstStep: 0, endStep: 8, means: [1, 20, 0.5, Number.NaN] },
        { firstStep: 8, endStep: 9, means: [1, Number.NaN, 0.75, Number.NaN] },
      ],
    });
    const { teachers, studentDeviceSeconds } = runFacts(own, workers, history);
    const [name, identity] = [['wide', 'deep'], IDENTITIES];
    expect(teachers).toEqual([
      {
        name: name[0],
        identity: identity[0],
        latencyMs: 20,
        share: 0.75,
        disagreement: null,
        deviceSeconds: 0,
        problems: [],
      },
      {
        name: name[1],
        identity: identity[1],
        latencyMs: null,
        share: null,
        disagreement: null,
        deviceSeconds: 2,
        problems: ['t-2 is quarantined: wrong'],
      },
    ]);
    expect(studentDeviceSeconds).toBe(5);
  });

  test('runFacts has no bottleneck of an ended run, and no teachers of a run without them', () => {
    const ended = run('a', { state: RunState.RUN_STATE_SUCCEEDED, kind: 'Training' });
    expect(runFacts(ended, NOBODY, NOTHING)).toMatchObject({ bottleneck: null, teachers: [] });
    expect(runFacts(run('a'), NOBODY, NOTHING).bottleneck?.name).toBe('student');
  });

  test('recentHistory asks for the last 256 steps', () => {
    expect(recentHistory('a', 1000)).toMatchObject({ firstStep: 744, endStep: 0 });
    expect(recentHistory('a', 10)).toMatchObject({ firstStep: 0, endStep: 0 });
  });

  test('historyFacts has null for unknown values', () => {
    const points = [{ firstStep: 0, endStep: 2, means: [Number.NaN, 1] }];
    const history = GetHistoryResponse.fromPartial({ columns: ['a', 'b'], points });
    expect(historyFacts(history)).toEqual({
      columns: ['a', 'b'],
      points: [{ firstStep: 0, endStep: 2, means: [null, 1] }],
    });
  });
});

test('workerFacts has the GPU of a worker, or null', () => {
  const workers = [
    { workerId: 't', kind: 'teacher', gpuMemoryBytes: 8, gpuMemoryBudgetBytes: 4, gpuDriver: '1' },
    { workerId: 's', kind: 'student' },
  ];
  const told = workerFacts(ListWorkersResponse.fromPartial({ workers, desiredTeacherWorkers: 2 }));
  expect(told).toMatchObject({ desiredTeacherWorkers: 2, quarantines: [] });
  expect(told.workers.map(({ id, kind, gpu }) => ({ id, kind, gpu }))).toEqual([
    { id: 't', kind: 'teacher', gpu: { driver: '1', memoryBytes: 8, memoryBudgetBytes: 4 } },
    { id: 's', kind: 'student', gpu: null },
  ]);
});

describe('EventWindow', () => {
  const page = (count: number, before: string | null) => {
    const window = new EventWindow(before);
    for (let i = 0; i < count; i++) window.take(RunEvent.fromPartial({ atMs: i, kind: 'k' }));
    const { events, before: older } = window.page();
    return { times: events.map(({ atMs }) => atMs), older };
  };
  const down = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_, i) => from - i);

  test('gives events page by page, the newest first', () => {
    expect(page(250, null)).toEqual({ times: down(249, 150), older: '150' });
    expect(page(250, '150')).toEqual({ times: down(149, 50), older: '50' });
    // New events do not change the older pages.
    expect(page(999, '50')).toEqual({ times: down(49, 0), older: null });
    expect(page(0, null)).toEqual({ times: [], older: null });
    expect(page(100, null)).toEqual({ times: down(99, 0), older: null });
  });

  test('refuses a position that no earlier page gave', () => {
    expect(() => new EventWindow('-1')).toThrow(LyceumError);
    expect(() => new EventWindow('')).toThrow('an earlier page');
  });
});

describe('logPage', () => {
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) =>
      LogLine.fromPartial({ sequence: from + i, message: `${from + i}` }),
    );

  test('gives lines page by page, the newest first', () => {
    const page = logPage(lines(50, 250));
    expect([page.lines.length, page.lines[0]?.message, page.lines[199]?.message]).toEqual([
      200,
      '250',
      '51',
    ]);
    expect(page.before).toBe('51');
    expect(logRequest(page.before)).toEqual({ before: 51, tail: 201 });
    expect(logPage(lines(1, 200)).before).toBe(null);
    expect(logPage([])).toEqual({ lines: [], before: null });
    expect(() => logRequest('x')).toThrow('an earlier page');
  });
});

describe('comparisonFacts', () => {
  /** @param right - number of samples of 40 that the run gets right, from the first on. */
  const finished = (runId: string, right: number, datasetDigest = 'd') => {
    const labels = Int32Array.from({ length: 40 }, (_, i) => i % 2);
    const logits = Float32Array.from({ length: 80 }, (_, i) => {
      const [row, output] = [Math.floor(i / 2), i % 2];
      return Number((output === labels[row]) === row < right);
    });
    const report = {
      student: { accuracy: right / 40, nll: 0.5, ece: null, bytes: 7, latencyBatch1Ms: 2 },
      wallSeconds: 9,
    };
    const specification = { spec: { training: { seed: 1 }, name: runId } };
    const sampleIds = Int32Array.from({ length: 40 }, (_, i) => i);
    const cost = { studentDeviceSeconds: 3, teachers: [{ name: 't', deviceSeconds: 4 }] };
    const succeeded = run(runId, { state: RunState.RUN_STATE_SUCCEEDED, cost });
    const result = { report, runId, datasetDigest, specification, sampleIds, labels, logits };
    return { run: succeeded, result } as unknown as ComparedParts;
  };

  test('has figures of each run, and compares the others with the first', () => {
    const facts = comparisonFacts([finished('a', 20), finished('b', 40)]);
    expect(facts.figures[0]).toEqual({
      accuracy: 0.5,
      nll: 0.5,
      ece: null,
      bytes: 7,
      latencyBatch1Ms: 2,
      wallSeconds: 9,
      deviceSeconds: 7,
    });
    expect(facts.notCompared).toBeNull();
    const [pair, ...more] = facts.pairs;
    expect(more).toEqual([]);
    expect(pair).toMatchObject({ reference: 'a', run: 'b', difference: 0.5 });
    expect(pair?.low).toBeGreaterThan(0.2);
    expect(pair?.high).toBeLessThan(0.8);
    // Exact McNemar test: 20 samples that only one gets right.
    expect(pair?.p).toBeCloseTo(2 ** -19, 9);
  });

  test('says why there are no pairs', () => {
    const unfinished = { run: run('c'), result: undefined };
    const waiting = comparisonFacts([finished('a', 20), unfinished]);
    expect(waiting).toMatchObject({ pairs: [], notCompared: expect.stringContaining('c has not') });
    expect(waiting.figures[1]).toBeNull();
    const other = comparisonFacts([finished('a', 20), finished('b', 20, 'e')]);
    expect(other).toMatchObject({ pairs: [], notCompared: expect.stringContaining('data set') });
  });
});

test('failureOf hides the message of an unexpected error', () => {
  expect(failureOf(new Error('secret'))).toEqual({
    status: 500,
    problem: { code: 'INTERNAL', message: expect.not.stringContaining('secret') },
  });
});
