// A data set that is gone or damaged, with a real coordinator and peers: in NATS and in the copy, or where a teacher
// worker reads it. The coordinator holds read sets in memory, so another one is started after the damage.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { call } from '@lyceum/platform';
import type { TakenTicket } from '@lyceum/platform/nats';
import { BLOB_BUCKET, digestHex, type Run, RunState, ticketId } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { finishTraining } from './finish-training.js';
import { jetStreamApi } from './jetstream-api.js';
import { assigned, Peers, submitRun, untilRun } from './peers.js';
import { drain, type StudentPeer } from './student-peer.js';
import type { TeacherPeerOptions } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { STEP_COUNT, tinyDataset, tinyDatasetBytes, tinyModelBytes } from './tiny-artifacts.js';

const { RUN_STATE_PAUSED, RUN_STATE_SUCCEEDED, RUN_STATE_TRAINING } = RunState;
const dataset = tinyDataset();

let cluster: TestCoordinator;
/** Number of the test. Each test has its own two data sets, teacher and two runs. */
let turn = 0;
let damagedDigest = '';
/** Sequence number of the damaged set's last chunk in NATS. */
let chunkSequence = 0;
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  turn++;
  await cluster.push('dataset', `whole-${turn}`, tinyDatasetBytes(turn));
  await cluster.push('model', `model-${turn}`, tinyModelBytes(turn));
  damagedDigest = await cluster.push('dataset', `damaged-${turn}`, damagedBytes());
  const { state } = await blobStream('INFO', {});
  // The message that names the chunks comes after them.
  chunkSequence = (state as { last_seq: number }).last_seq - 1;
});
afterEach(() => peers.end());

function damagedBytes(): Buffer {
  return tinyDatasetBytes(1_000 + turn);
}

/** @param set - the run's data set, and its name. */
async function submit(set: 'whole' | 'damaged'): Promise<string> {
  const runId = `run-${set}-${turn}`;
  const teachers = [{ name: 'one', model: `model-${turn}` }];
  await submitRun(cluster, { name: set, runId, spec: { dataset: `${set}-${turn}`, teachers } });
  return runId;
}

const teacher = (options: Partial<TeacherPeerOptions> = {}) =>
  peers.teacher({ workerId: `teacher-${turn}`, dataset, ...options });
/** @param before - the former session of the same process. */
const student = (name: string, before?: StudentPeer) =>
  peers.student(`${name}-${turn}`, before?.credentials);

async function trains(peer: StudentPeer, toStep: number): Promise<void> {
  peer.rows.length = 0;
  await peer.receive(0, 0);
  await drain(peer, toStep);
}

/** Resumes a run after its student worker has heard of the pause. */
async function resume(runId: string, peer: StudentPeer): Promise<void> {
  await eventually(() => peer.run?.runId !== runId || undefined);
  const { run } = cluster.clients;
  await call(run, run.resumeRun, { runId, acceptNumerics: false });
}

async function succeeds(peer: StudentPeer, runId: string): Promise<void> {
  await assigned(peer, runId);
  await trains(peer, STEP_COUNT);
  await finishTraining(cluster, peer);
  await untilRun(cluster, runId, ({ state }) => state === RUN_STATE_SUCCEEDED);
}

function blobStream(task: string, request: unknown): Promise<Record<string, unknown>> {
  const nobody = { user: '', password: '' };
  return jetStreamApi(cluster.natsUrl, nobody, `STREAM.${task}.OBJ_${BLOB_BUCKET}`, request);
}

async function damage(): Promise<void> {
  await blobStream('MSG.DELETE', { seq: chunkSequence });
}

async function loss(): Promise<void> {
  const blobs = await cluster.nats.blobs({ create: false });
  await blobs.delete(damagedDigest);
}

async function restartAfter(harm: () => Promise<void>): Promise<void> {
  await cluster.restart(async () => {
    await harm();
    for (const folder of ['blobs', 'mirror/blobs'])
      await rm(join(cluster.stateDir, folder, damagedDigest), { force: true });
  });
}

const paused = ({ state }: Run) => state === RUN_STATE_PAUSED;

function whyPaused(harm: string): string {
  return `its data set ${damagedDigest.slice(0, 12)} cannot be read: ${harm}; push the same set again, then coordinator resume lets the run go on`;
}

it('a damaged data set in NATS pauses its queued run, which can be resumed once the set is pushed again', async () => {
  const whole = await submit('whole');
  const before = student('one');
  teacher();
  await assigned(before, whole);
  await trains(before, 10);
  const damaged = await submit('damaged');
  await restartAfter(damage);
  // Both runs have the same teacher.
  const worker = teacher();
  const peer = student('one', before);
  const harm = `blob ${damagedDigest} is damaged: its chunks do not add up to it`;
  expect((await untilRun(cluster, damaged, paused)).reason).toBe(whyPaused(harm));
  // The teacher worker is no longer told of the paused run's set.
  await eventually(() => worker.assignment?.teachers[0]?.datasets.length === 1 || undefined);
  await succeeds(peer, whole);

  await cluster.push('dataset', `damaged-${turn}`, damagedBytes());
  await resume(damaged, peer);
  await succeeds(peer, damaged);
});

it('a lost data set in NATS pauses the run that trains on it, and frees its student worker', async () => {
  const damaged = await submit('damaged');
  const before = student('one');
  teacher();
  await assigned(before, damaged);
  await trains(before, 10);
  await untilRun(cluster, damaged, ({ state }) => state === RUN_STATE_TRAINING);
  const whole = await submit('whole');
  await restartAfter(loss);
  teacher();
  const peer = student('one', before);
  const harm = `there is no blob ${damagedDigest}`;
  expect((await untilRun(cluster, damaged, paused)).reason).toBe(whyPaused(harm));
  await succeeds(peer, whole);
});

it('a data set that a teacher worker cannot read pauses its run, and the other run succeeds', async () => {
  const whole = await submit('whole');
  const peer = student('one');
  let isMended = false;
  let isAsked = false;
  teacher({
    unreadable: ({ datasetDigest }) => {
      if (isMended || digestHex(datasetDigest) !== damagedDigest) return undefined;
      isAsked = true;
      return 'its disk fails';
    },
  });
  await assigned(peer, whole);
  await trains(peer, 10);
  const damaged = await submit('damaged');
  await eventually(() => isAsked || undefined);
  await succeeds(peer, whole);
  const { reason } = await untilRun(cluster, damaged, paused);
  expect(reason).toBe(`the data set cannot be read (teacher-${turn}: its disk fails)`);

  isMended = true;
  await resume(damaged, peer);
  await succeeds(peer, damaged);
});

it('a late report of an unreadable data set for a former issue does not pause a resumed run again', async () => {
  let isMended = false;
  const worker = teacher({ answer: (frame) => (isMended ? frame : undefined) });
  const damaged = await submit('damaged');
  const peer = student('one');
  await assigned(peer, damaged);
  await peer.receive(0, 0);
  await peer.credit(40, 0);
  await eventually(() => worker.taken.length > 1 || undefined);
  const [first, second] = worker.taken.slice() as [TakenTicket, TakenTicket];
  const tellUnreadable = ({ ticket }: TakenTicket) => {
    const returned = { ticket, reason: 'no file', retryable: true, unreadable: true };
    return worker.send({ $case: 'returned', returned });
  };
  await tellUnreadable(first);
  const { reason } = await untilRun(cluster, damaged, paused);
  expect(reason).toBe(`the data set cannot be read (teacher-${turn}: no file)`);

  const takenBefore = worker.taken.length;
  await resume(damaged, peer);
  await assigned(peer, damaged);
  await peer.receive(0, 0);
  await peer.credit(40, 0);
  const isSecond = ({ ticket }: TakenTicket) => ticketId(ticket) === ticketId(second.ticket);
  await eventually(() => worker.taken.slice(takenBefore).find(isSecond));
  await tellUnreadable(second);
  isMended = true;
  const again = worker.taken.slice(takenBefore);
  for (const taken of again) await worker.returnTicket(taken, 'later', true);
  await succeeds(peer, damaged);
});
