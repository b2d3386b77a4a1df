// The real coordinator, whose data threads are killed while they work on answers, which teacher workers send again,
// and on targets. The student's targets must equal plain arithmetic on the peers' answers bit for bit.

import { throughCodec } from '@lyceum/learning/codecs';
import { type DatasetParts, encodeDataset } from '@lyceum/learning/datasets';
import { orderedRows } from '@lyceum/learning/orders';
import { call } from '@lyceum/platform';
import { digestBytes, LyceumError, RunState } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { poolPlainly } from '../../../learning/src/ensemble/pooling/pool.js';
import { ThreadKiller } from '../thread-killer.js';
import { StudentPeer } from './student-peer.js';
import { logitsOf, TeacherPeer } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { tinyModelBytes } from './tiny-artifacts.js';

/** Enough classes that a span's answers and a few steps' targets are computed in a thread. */
const CLASSES = 1000;
const [TRAIN_COUNT, BATCH_SIZE, STEP_COUNT] = [256, 32, 8];
const RUN_ID = 'goes-on';

const dataset: DatasetParts = {
  sampleShape: [2],
  sampleCount: TRAIN_COUNT + 80,
  classCount: CLASSES,
  classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
  inputs: Float32Array.from({ length: 2 * (TRAIN_COUNT + 80) }, (_, i) => i),
  inputScale: 1,
  labels: Int32Array.from({ length: TRAIN_COUNT + 80 }, (_, i) => i % CLASSES),
  splits: Uint8Array.from({ length: TRAIN_COUNT + 80 }, (_, i) =>
    i < TRAIN_COUNT ? 1 : i < TRAIN_COUNT + 40 ? 2 : 3,
  ),
};

const SPECIFICATION = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'Distillation',
  metadata: { name: RUN_ID },
  spec: {
    dataset: 'wide',
    teachers: ['one', 'two'].map((name) => ({ name, model: name })),
    teacherHealth: { accept: ['one', 'two'] },
    answers: { codec: 'float16' },
    student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
    training: { batchSize: BATCH_SIZE, epochs: 1, seed: 5 },
  },
};

let cluster: TestCoordinator;
let killer: ThreadKiller;
let worker: TeacherPeer;
let student: StudentPeer;

beforeEach(async () => {
  // Call 1 of each kind ends a thread that has only begun; calls 3 and 4 in succession end the stream that waits.
  killer = new ThreadKiller({ encode: [1, 3, 4], combine: [1, 3, 4] });
  cluster = await TestCoordinator.start();
  await cluster.push('dataset', 'wide', encodeDataset(dataset));
  await cluster.push('model', 'one', tinyModelBytes(0.25, 2, CLASSES));
  await cluster.push('model', 'two', tinyModelBytes(0.5, 2, CLASSES));
  worker = new TeacherPeer(cluster, { workerId: 'teacher', dataset });
  student = new StudentPeer(cluster, 'student');
});
afterEach(async () => {
  killer.stop();
  worker.kill();
  student.kill();
  await cluster.stop();
});

/** The rows that the student must get of the steps. */
function targetsOf(identities: readonly string[], firstStep: number, endStep: number) {
  const positions = (endStep - firstStep) * BATCH_SIZE;
  const samples = orderedRows(
    TRAIN_COUNT,
    { seed: 5, epoch: 0 },
    firstStep * BATCH_SIZE,
    positions,
  );
  const teacherLogits = identities.map((hex) => {
    const answers = [...samples].flatMap((s) => logitsOf(digestBytes(hex), s, 0, CLASSES));
    return throughCodec('float16', Float32Array.from(answers), positions, CLASSES);
  });
  const out = new Float32Array(positions * CLASSES);
  const shares = Float64Array.of(0.5, 0.5);
  const of = { rowCount: positions, classCount: CLASSES, shares, teacherLogits };
  poolPlainly({ rule: 'arithmetic', temperature: 4, ...of }, out);
  return Array.from({ length: positions }, (_, row) => ({
    epoch: 0,
    position: firstStep * BATCH_SIZE + row,
    values: [...out.subarray(row * CLASSES, (row + 1) * CLASSES)],
  }));
}

async function received(stepCount: number): Promise<void> {
  await eventually(() => student.rows.length >= stepCount * BATCH_SIZE);
}

/** Sends refused answers again, as a teacher worker does. */
async function sendUntilTaken(): Promise<void> {
  await eventually(() => worker.receipts.length + worker.refusals.length >= 2);
  for (const { ticket } of worker.taken) {
    await eventually(() =>
      worker
        .answer(ticket, (frame) => frame)
        .catch((err: unknown) => {
          worker.refusals.push(err);
          return undefined;
        }),
    );
  }
}

it('a run gets the right targets although data threads die while they work on answers and targets', async () => {
  const { run } = cluster.clients;
  const specification = JSON.stringify(SPECIFICATION);
  await call(run, run.submitRun, { specification, runId: RUN_ID, dryRun: false });
  await sendUntilTaken();
  const dead = expect.stringMatching(/^a data thread ended with \d$/);
  expect(worker.refusals.length).toBeGreaterThanOrEqual(2);
  for (const refusal of worker.refusals) {
    expect(refusal).toMatchObject({ code: 'INTERNAL', message: dead });
  }

  await eventually(() => student.run);
  await student.receive(0, 4);
  await received(4);
  expect(student.targetsEnd).toBeUndefined();
  await student.credit(STEP_COUNT, 4);
  await eventually(() => student.targetsEnd);
  expect(student.targetsEnd).toBeInstanceOf(LyceumError);
  expect(student.targetsEnd).toMatchObject({ code: 'INTERNAL', message: dead });
  await student.receive(4, STEP_COUNT);
  await received(STEP_COUNT);
  expect(killer.killed).toBe(6);

  const { state, teacherIdentities } = await cluster.run(RUN_ID);
  expect(state).toBe(RunState.RUN_STATE_TRAINING);
  expect(student.rows).toEqual(targetsOf(teacherIdentities, 0, STEP_COUNT));
});
