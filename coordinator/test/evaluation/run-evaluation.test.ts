/** An evaluation of a run whose teacher other runs ask too. The tests say when the teacher answers and is proven. */
import { createLogger } from '@lyceum/platform';
import type { LoadedTeacher } from '@lyceum/proto';
import { beforeEach, expect, test, vi } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { RunEvaluation, type RunEvaluationParts } from '../../src/evaluation/run-evaluation.js';
import { UnprovenAnswers } from '../../src/health/replicas/unproven-answers.js';
import type { PinnedTeacher } from '../../src/runs/record/pinned-teacher.js';
import type { Ask, Asker } from '../../src/tickets/asks/ask.js';
import { aRun, pinned, SET } from '../reconciliation/a-run.js';

const SAMPLES = 6;
const dataset = {
  digest: SET,
  sampleCount: SAMPLES,
  classCount: 2,
  labels: new Int32Array(SAMPLES),
  splits: Uint8Array.from([1, 1, 2, 2, 3, 3]),
  modalities: new Map(),
} as unknown as DatasetOutline;
const anna = { ...pinned('anna'), identity: 'a1'.repeat(32) };
const replica = { workerId: 'worker', teacher: anna.identity };
const UNPROVEN = 'waiting for teacher anna to show that its answers were its own';

let unproven: UnprovenAnswers<string>;
const prove = vi.fn();
/** Asks without an answer so far. */
let asked: [Asker, Ask][];

beforeEach(() => {
  unproven = new UnprovenAnswers();
  asked = [];
  prove.mockReset();
});

function evaluation(): RunEvaluation {
  const canaries = {
    get answerNumber() {
      return unproven.number;
    },
    unprovenOf: (teachers: readonly PinnedTeacher[], upTo: number) =>
      teachers.find(({ identity }) => unproven.countOfTeacher(identity, upTo) > 0),
    prove,
  };
  const parts = {
    store: { get: () => undefined },
    desk: { ask: (asker: Asker, ask: Ask) => asked.push([asker, ask]), withdraw: () => undefined },
    measurementOf: () => ({}) as LoadedTeacher,
    canaries,
    changed: () => undefined,
    log: createLogger({ name: 'test', level: 'silent' }),
  };
  const record = aRun({
    state: 'EVALUATING',
    teachers: [anna],
    dataset: { digest: SET, classCount: 2 },
  });
  const { baselineRunId: _, ...alone } = record;
  return new RunEvaluation(alone, dataset, parts as unknown as RunEvaluationParts);
}

/** The teacher answers all open asks. */
function answer(): void {
  for (const [asker, ask] of asked.splice(0)) {
    unproven.add(replica, ask.id, ask.samples.length);
    asker.satisfied(ask.id);
  }
}

test("RunEvaluation does not wait for proof of another run's later answers", async () => {
  const run = evaluation();
  expect(run.reason).toMatch(/^waiting for the teachers' answers/);
  answer();
  expect(run.reason).toBe(UNPROVEN);
  await run.advance();
  expect(prove).toHaveBeenCalled();
  const askedAt = unproven.number;
  unproven.add(replica, 'what another run asked', 100);
  unproven.prove(replica, askedAt);
  expect(run.needsTeachers).toBe(false);
  expect(run.reason).toBeUndefined();
});

test('RunEvaluation waits for proof of answers that it asked for again after a drop', () => {
  const run = evaluation();
  answer();
  expect(run.reason).toBe(UNPROVEN);
  expect(unproven.take(replica, false)).not.toEqual([]);
  run.discard();
  expect(run.reason).toMatch(/^waiting for the teachers' answers/);
  answer();
  expect(run.reason).toBe(UNPROVEN);
  unproven.prove(replica, unproven.number);
  expect(run.reason).toBeUndefined();
});
