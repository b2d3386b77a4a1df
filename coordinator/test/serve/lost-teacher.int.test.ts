// A teacher that its workers cannot load, with a real coordinator and peers that report it. There is one student
// worker, so the next run starts only if the waiting run gives it back.

import { RunState } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { assigned, Peers, submitRun, untilRun } from './peers.js';
import type { StudentPeer } from './student-peer.js';
import { firstSpanOnly, type TeacherPeerOptions } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { BATCH_SIZE, tinyDataset, tinyDatasetBytes, tinyModelBytes } from './tiny-artifacts.js';

const { RUN_STATE_PAUSED, RUN_STATE_TRAINING } = RunState;
const dataset = tinyDataset();
const REPLACED = { reason: 'it was replaced; push it again', permanent: true };

let cluster: TestCoordinator;
/** Number of the test. Each test has its own data set and teacher. */
let turn = 0;
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  turn++;
  await cluster.push('dataset', `tiny-${turn}`, tinyDatasetBytes(turn));
  await cluster.push('model', `model-${turn}`, tinyModelBytes(turn));
});
afterEach(() => peers.end());

async function submit(
  name: string,
  { teachers = [{ name: 'one', model: `model-${turn}` }] } = {},
): Promise<string> {
  const runId = `${name}-${turn}`;
  await submitRun(cluster, { name, runId, spec: { dataset: `tiny-${turn}`, teachers } });
  return runId;
}

const teacher = (options: Partial<TeacherPeerOptions>) =>
  peers.teacher({ workerId: `teacher-${turn}`, dataset, ...options });
const student = () => peers.student(`student-${turn}`);

/** Trains up to a step that needs an answer to the second span, which the teacher does not give. */
async function trainsAndWaits(): Promise<{ runId: string; peer: StudentPeer }> {
  const runId = await submit('waits');
  const peer = student();
  await assigned(peer, runId);
  await peer.receive(0, 0);
  await peer.credit(10, 0);
  await eventually(() => peer.rows.length >= 10 * BATCH_SIZE || undefined);
  await untilRun(cluster, runId, ({ state }) => state === RUN_STATE_TRAINING);
  return { runId, peer };
}

it('a run whose teacher cannot be loaded for good is paused, and its student worker gets the next run', async () => {
  let failure: typeof REPLACED | undefined;
  const worker = teacher({ failure: () => failure, answer: firstSpanOnly });
  const { runId, peer } = await trainsAndWaits();
  await cluster.push('model', `other-${turn}`, tinyModelBytes(100 + turn));
  const next = await submit('next', { teachers: [{ name: 'other', model: `other-${turn}` }] });
  failure = REPLACED;
  await worker.tell();
  const { reason } = await untilRun(cluster, runId, ({ state }) => state === RUN_STATE_PAUSED);
  expect(reason).toBe(
    `teacher one cannot be loaded (teacher-${turn}: it was replaced; push it again)`,
  );
  failure = undefined;
  await assigned(peer, next);
});

it('a run whose teacher may be loaded later goes on waiting in TRAINING, with the reason', async () => {
  let failure: { reason: string; permanent: boolean } | undefined;
  const worker = teacher({ failure: () => failure, answer: firstSpanOnly });
  const { runId } = await trainsAndWaits();
  failure = { reason: 'the server is away', permanent: false };
  await worker.tell();
  const why = `teacher one cannot be loaded (teacher-${turn}: the server is away)`;
  const { state } = await untilRun(cluster, runId, ({ reason }) => reason === why);
  expect(state).toBe(RUN_STATE_TRAINING);
});

it('a run goes on if another worker can load its teacher', async () => {
  let failure: typeof REPLACED | undefined;
  const worker = teacher({ failure: () => failure, answer: firstSpanOnly });
  const { runId, peer } = await trainsAndWaits();
  const well = teacher({ workerId: `well-${turn}` });
  await eventually(() => well.assignment?.teachers.length === 1 || undefined);
  failure = REPLACED;
  await worker.tell();
  worker.kill();
  await peer.credit(40, 10);
  await eventually(() => peer.rows.length >= 40 * BATCH_SIZE || undefined);
  expect((await cluster.run(runId)).state).toBe(RUN_STATE_TRAINING);
});

it('a run is not paused for a teacher that cannot be loaded if all its answers are stored', async () => {
  let failure: typeof REPLACED | undefined;
  const worker = teacher({ failure: () => failure });
  const runId = await submit('stored');
  const peer = student();
  await assigned(peer, runId);
  await peer.receive(0, 0);
  await peer.credit(30, 0);
  await eventually(() => peer.rows.length >= 30 * BATCH_SIZE || undefined);
  // The second epoch has the same answers as the first.
  await eventually(() => worker.receipts.length >= 2 || undefined);
  failure = REPLACED;
  await worker.tell();
  const why = `teacher one cannot be loaded (teacher-${turn}: it was replaced; push it again)`;
  await untilRun(cluster, runId, ({ reason }) => reason === why);
  await peer.credit(60, 30);
  await eventually(() => peer.rows.length >= 60 * BATCH_SIZE || undefined);
  expect((await cluster.run(runId)).state).toBe(RUN_STATE_TRAINING);
});
