// Two runs, and a lifecycle that records calls.
import { createLogger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import type { RunLifecycle } from '../../src/lifecycle/run-lifecycle.js';
import { carryOutStarts, decideEach } from '../../src/reconciliation/carry-out.js';
import type { RunAction } from '../../src/reconciliation/decide-runs.js';
import type { RunStore } from '../../src/runs/run-store.js';
import type { StudentSession } from '../../src/sessions/index.js';
import { aRun } from './a-run.js';

function cluster(failure?: Error) {
  const calls: unknown[][] = [];
  const call =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
      if (name === 'assign' && args[0] === 'a' && failure !== undefined) throw failure;
    };
  const names = 'ensureBaseline release cancelled assign pause fail teacherJudged probed'.split(
    ' ',
  );
  const lifecycle = Object.fromEntries(names.map((name) => [name, call(name)]));
  const session = { environment: () => 'its environment' } as unknown as StudentSession;
  const runs = ['a', 'b'].map((runId) => aRun({ runId }));
  const parts = {
    store: { list: () => runs } as unknown as RunStore,
    lifecycle: lifecycle as unknown as RunLifecycle,
    students: { get: (workerId: string) => (workerId === 's1' ? session : undefined) },
    log: createLogger({ name: 'test', level: 'silent' }),
  };
  return { parts, calls, session, runs };
}

it('decideEach makes one lifecycle call for each action', async () => {
  const { parts, calls, runs } = cluster();
  const [parent = aRun()] = runs;
  const actions: Record<string, RunAction[]> = {
    a: [
      { kind: 'ensure-baseline', runId: 'a', parent },
      { kind: 'release', runId: 'a', assignmentEpoch: 4, reason: 'gone' },
      { kind: 'finish-cancel', runId: 'a' },
      { kind: 'pause', runId: 'a', reason: 'rests' },
      { kind: 'fail', runId: 'a', reason: 'ends' },
    ],
    b: [
      {
        kind: 'keep-knowledge',
        runId: 'b',
        teacher: 'anna',
        knowledge: { rowCount: 1, labelledCount: 1, correctCount: 1 },
        classNames: ['cat'],
      },
      { kind: 'keep-probes', runId: 'b', digests: { probe: 'digest' } },
    ],
  };
  await decideEach(parts, ({ runId }) => actions[runId] ?? []);
  expect(calls).toEqual([
    ['ensureBaseline', parent],
    ['release', 'a', 4, 'gone'],
    ['cancelled', 'a'],
    ['pause', 'a', 'rests'],
    ['fail', 'a', 'ends'],
    ['teacherJudged', 'b', 'anna', { rowCount: 1, labelledCount: 1, correctCount: 1 }, ['cat']],
    ['probed', 'b', { probe: 'digest' }],
  ]);
});

it('decideEach decides about a run after the actions of the run before are done', async () => {
  const { parts, calls } = cluster();
  const seen: number[] = [];
  await decideEach(parts, ({ runId }) => {
    seen.push(calls.length);
    return [{ kind: 'finish-cancel', runId }];
  });
  expect(seen).toEqual([0, 1]);
});

const starts: RunAction[] = [
  { kind: 'assign', runId: 'a', workerId: 's1' },
  { kind: 'assign', runId: 'b', workerId: 's1' },
];

it('carryOutStarts assigns runs to connected workers only', async () => {
  const { parts, calls, session } = cluster();
  await carryOutStarts(parts, [...starts, { kind: 'assign', runId: 'b', workerId: 's2' }]);
  expect(calls).toEqual([
    ['assign', 'a', session, 'its environment'],
    ['assign', 'b', session, 'its environment'],
  ]);
});

it('carryOutStarts fails a run that cannot be assigned, and starts the next', async () => {
  const { parts, calls } = cluster(new LyceumError('FAILED_PRECONDITION', 'no pointer'));
  await carryOutStarts(parts, starts);
  expect(calls.map(([name, runId]) => `${name} ${runId}`)).toEqual([
    'assign a',
    'fail a',
    'assign b',
  ]);
});

it('carryOutStarts throws at once when NATS is away', async () => {
  const away = new LyceumError('UNAVAILABLE', 'NATS is away');
  const { parts, calls } = cluster(away);
  await expect(carryOutStarts(parts, starts)).rejects.toBe(away);
  expect(calls).toHaveLength(1);
});
