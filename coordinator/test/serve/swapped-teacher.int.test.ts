// A teacher behind a server whose model is replaced without notice, with a real coordinator. Peers stand for its
// workers; their answers to tickets and probes change when a test says so. The other model's answers must not last:
// not in the store, not in a run in progress, not in a report.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoordinatorClient } from '@lyceum/cli/client';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { openServerStream } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import {
  type AnswerFrame,
  float32Tensor,
  float32Values,
  POINTER_BUCKET,
  type Run,
  RunState,
} from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import { finishTraining } from './finish-training.js';
import { LinearServer, linearModel } from './linear-server.js';
import { assigned, expectTargets, Peers, submitRun, untilRun } from './peers.js';
import { drain, type StudentPeer } from './student-peer.js';
import { firstSpanOnly, type TeacherPeer, type TeacherPeerOptions } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import {
  BATCH_SIZE,
  CLASS_COUNT,
  STEP_COUNT,
  TRAIN_COUNT,
  tinyDataset,
  tinyDatasetBytes,
} from './tiny-artifacts.js';

const dataset = tinyDataset();
/** Steps of a span. */
const SPAN = TRAIN_COUNT / BATCH_SIZE / 2;

let cluster: TestCoordinator;
let client: CoordinatorClient;
let server: LinearServer;
/** Number of the test. Each test has its own data set, teacher and run. */
let turn = 0;
let runId = '';
let setDigest = '';
/** What the current model adds to each number. */
let shift = 0;
let peers: Peers;

beforeAll(async () => {
  // No timed canary comes during a test.
  cluster = await TestCoordinator.start(3_600_000);
  peers = new Peers(cluster);
  client = new CoordinatorClient(cluster.address);
  server = await LinearServer.start(linearModel(1, 2, CLASS_COUNT));
});
afterAll(async () => {
  client.close();
  await server.stop();
  await cluster.stop();
});
beforeEach(async () => {
  turn++;
  runId = `swapped-${turn}`;
  shift = 0;
  setDigest = await cluster.push('dataset', `tiny-${turn}`, tinyDatasetBytes(turn));
  const description = { url: server.url, model: 'far', revision: `${turn}` };
  await client.pushInferenceModel(`far-${turn}`, checkInferenceDescription(description, 'test'));
});
afterEach(() => peers.end());

const submit = (id = runId, changes: Record<string, unknown> = {}): Promise<Run> =>
  submitRun(cluster, {
    name: id,
    spec: {
      dataset: `tiny-${turn}`,
      teachers: [{ name: 'far', model: `far-${turn}`, access: 'gray' }],
      answers: { codec: 'float32' },
      ...changes,
    },
  });

/** The frame as the current model answers it. */
function shifted(frame: AnswerFrame): AnswerFrame {
  return {
    ...frame,
    tensors: frame.tensors.map((tensor) =>
      float32Tensor(
        tensor.name,
        tensor.shape,
        Float32Array.from(float32Values(tensor), (value) => value + shift * Math.abs(value)),
      ),
    ),
  };
}

function teacher(options: Partial<TeacherPeerOptions> = {}): TeacherPeer {
  return peers.teacher({
    workerId: `teacher-${turn}`,
    dataset,
    probe: (values) => values.map((value) => value + shift),
    answer: shifted,
    ...options,
  });
}

const student = () => peers.student(`student-${turn}`);

/** Receives all targets from one step to another. */
async function train(peer: StudentPeer, fromStep: number, toStep: number): Promise<void> {
  peer.rows.length = 0;
  await peer.receive(fromStep, fromStep);
  await drain(peer, toStep);
}

/** Makes the run's pointer name a checkpoint of `step`. @returns the bucket of pointers. */
async function pointTo(step: number, digest: string): Promise<KeyValue> {
  const pointers = await cluster.nats.keyValue(POINTER_BUCKET, { create: false });
  const found = await pointers.get(runId);
  const pointer: CheckpointPointer = { ...JSON.parse(found?.value ?? ''), step, digest };
  await pointers.update(runId, JSON.stringify(pointer), found?.revision ?? 0);
  return pointers;
}

/** Brings the pushed model back, and releases its worker. */
async function mended(name = 'teacher'): Promise<void> {
  shift = 0;
  await client.releaseWorker(`${name}-${turn}`);
}

async function eventsOf(kind: string): Promise<{ message: string; data: unknown }[]> {
  const { run } = cluster.clients;
  const seen: { message: string; data: unknown }[] = [];
  const events = openServerStream(() => run.listEvents({ runId, follow: false }));
  for await (const { event } of events.incoming) {
    if (event?.kind !== kind) continue;
    seen.push({ message: event.message, data: JSON.parse(event.dataJson) });
  }
  return seen;
}

const isQuarantined = ({ reason }: Run) => reason.includes('it is quarantined on all');

async function accuracyOf(id: string): Promise<unknown> {
  const { teachers, bitExactExceptions } = await client.getReport(id);
  return [teachers[0]?.accuracy, bitExactExceptions.filter((text) => text.includes('suspect'))];
}

it('a run that ends before a timed canary does not succeed with answers of a replaced model', async () => {
  const submitted = await submit();
  let rounds = 0;
  teacher({
    probe: (values, round) => {
      rounds = round;
      return values.map((value) => value + shift);
    },
  });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, SPAN);
  // The canary of the run's first ticket. A later one would find the replaced model before the end of the run.
  await eventually(() => rounds >= 3 || undefined);
  shift = 0.2;
  await drain(peer, STEP_COUNT);
  await finishTraining(cluster, peer);
  const { state } = await untilRun(cluster, runId, isQuarantined);
  expect(state).toBe(RunState.RUN_STATE_QUEUED);
  await mended();
  await assigned(peer, runId, 1);
  await train(peer, 0, STEP_COUNT);
  expectTargets(peer, submitted, 0);
  await finishTraining(cluster, peer);
  const { warnings } = await untilRun(
    cluster,
    runId,
    (run) => run.state === RunState.RUN_STATE_SUCCEEDED,
  );
  expect(warnings.join()).toMatch(/answers of teacher far were dropped: its answers to the probe/);

  // A later run has no answers of the replaced model either.
  const found = await accuracyOf(runId);
  runId = `${runId}-again`;
  const again = await submit();
  await assigned(peer, runId);
  await train(peer, 0, STEP_COUNT);
  expectTargets(peer, again, 0);
  await finishTraining(cluster, peer);
  await untilRun(cluster, runId, (run) => run.state === RunState.RUN_STATE_SUCCEEDED);
  expect(await accuracyOf(runId)).toEqual(found);
});

it('a model that is replaced after the canary of the first ticket is found before the run succeeds', async () => {
  const submitted = await submit();
  teacher({
    probe: (values, round) => {
      const said = values.map((value) => value + shift);
      if (round === 3) shift = 0.2;
      return said;
    },
  });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, STEP_COUNT);
  await finishTraining(cluster, peer);
  await eventually(async () => (await client.listQuarantines()).length > 0 || undefined);
  expect((await cluster.run(runId)).state).not.toBe(RunState.RUN_STATE_SUCCEEDED);
  await mended();
  // The run trains again if its targets had answers of the other model; else only its evaluation asks again.
  const isAgain = await eventually(async () => {
    const { state } = await cluster.run(runId);
    if (state === RunState.RUN_STATE_PAUSED) await client.resumeRun(runId).catch(() => undefined);
    if ((peer.run?.assignmentEpoch ?? 0) > 1) return 'trained';
    return state === RunState.RUN_STATE_SUCCEEDED ? 'evaluated' : undefined;
  });
  if (isAgain === 'trained') {
    await train(peer, 0, STEP_COUNT);
    await finishTraining(cluster, peer);
  }
  expectTargets(peer, submitted, 0);
  const { warnings } = await untilRun(
    cluster,
    runId,
    (run) => run.state === RunState.RUN_STATE_SUCCEEDED,
  );
  expect(warnings.join()).toMatch(/answers of teacher far were dropped/);
});

it('an answer to a ticket taken in quarantine is dropped, even after release and self-test', async () => {
  const submitted = await submit();
  let takenCount = 0;
  let isTested = false;
  const worker = teacher({
    deaf: true,
    probe: async (values, round) => {
      // The worker is quarantined with its second ticket in hand, which it then takes once more.
      if (round === 3) await eventually(() => takenCount >= 2 || undefined);
      const said = values.map((value) => value + shift);
      if (round === 2) shift = 0.2;
      return said;
    },
    answer: async (frame) => {
      const computed = shifted(frame);
      takenCount++;
      if (takenCount === 2) return undefined;
      if (takenCount === 3) await eventually(() => isTested || undefined);
      return computed;
    },
  });
  const peer = student();
  await assigned(peer, runId);
  await peer.receive(0, 0);
  await eventually(() => takenCount >= 3 || undefined);
  await mended();
  await eventually(() => {
    const { ticketsInHand = 0, probes = [] } = worker.assignment?.teachers[0] ?? {};
    return (ticketsInHand > 0 && (probes[0]?.attempt ?? 0) > 3) || undefined;
  });
  isTested = true;
  await eventually(() => worker.receipts.some(({ wanted }) => !wanted) || undefined);
  await train(peer, 0, STEP_COUNT);
  expectTargets(peer, submitted, 0);
});

it('a run in progress goes back to a checkpoint before the answers of a replaced model', async () => {
  const submitted = await submit();
  const first = teacher({ answer: firstSpanOnly });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, 10);
  const digest = 'a'.repeat(64);
  const pointers = await pointTo(10, digest);
  // Another worker's self-test proves the first worker's answers. Then the model is replaced; the next canary is late.
  let isTrained = (): void => {};
  const trained = new Promise<void>((resolve) => {
    isTrained = resolve;
  });
  teacher({
    workerId: `second-${turn}`,
    probe: async (values, round) => {
      if (round === 3) await trained;
      const said = values.map((value) => value + shift);
      if (round === 2) shift = 0.2;
      return said;
    },
  });
  first.kill();
  await drain(peer, STEP_COUNT);
  isTrained();
  await untilRun(cluster, runId, isQuarantined);
  const [event] = await eventually(async () => {
    const events = await eventsOf('went-back');
    return events.length > 0 ? events : undefined;
  });
  expect(event?.data).toEqual({ step: 10, first: SPAN });
  const now = JSON.parse((await pointers.get(runId))?.value ?? '');
  expect(now).toMatchObject({ step: 10, digest, assignmentEpoch: 2 });
  await mended('second');
  await assigned(peer, runId, 2);
  await train(peer, 10, STEP_COUNT);
  expectTargets(peer, submitted, 10);
});

it('a model that is replaced between two runs is quarantined before it answers the second', async () => {
  await submit();
  const worker = teacher();
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, STEP_COUNT);
  await finishTraining(cluster, peer);
  await untilRun(cluster, runId, ({ state }) => state === RunState.RUN_STATE_SUCCEEDED);
  const found = await accuracyOf(runId);
  worker.kill();
  // Six thousandths of the greatest logit: less than devices may differ by.
  shift = 0.024;
  const later = `${runId}-later`;
  const submitted = await submit(later, { answers: { codec: 'float16' } });
  const other = teacher();
  const { reason } = await eventually(async () =>
    (await client.listQuarantines()).find(({ workerId }) => workerId === `teacher-${turn}`),
  );
  expect(reason).toMatch(
    /differ from those that were kept with the stored answers by up to 0\.024/,
  );
  expect(other.taken).toEqual([]);
  await mended();
  // The run was assigned and paused, or still waits, depending on the order of events.
  let pausedEpoch = 0;
  await eventually(async () => {
    if ((await cluster.run(later)).state === RunState.RUN_STATE_PAUSED) {
      pausedEpoch = peer.run?.assignmentEpoch ?? 1;
      await client.resumeRun(later).catch(() => undefined);
    }
    const { runId: own, assignmentEpoch = 0 } = peer.run ?? {};
    const isServed = (other.assignment?.teachers[0]?.ticketsInHand ?? 0) > 0;
    return (own === later && assignmentEpoch > pausedEpoch && isServed) || undefined;
  });
  await train(peer, 0, STEP_COUNT);
  expect(submitted.teacherIdentities).toHaveLength(1);
  await finishTraining(cluster, peer);
  await untilRun(cluster, later, ({ state }) => state === RunState.RUN_STATE_SUCCEEDED);
  expect(await accuracyOf(later)).toEqual(found);
});

it('a server whose probe answers differ by its noise is not quarantined', async () => {
  await submit();
  let answers = 0;
  teacher({ probe: (values) => values.map((value, i) => value + 1e-5 * ((i + answers++) % 3)) });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, STEP_COUNT);
  await finishTraining(cluster, peer);
  await untilRun(cluster, runId, (run) => run.state === RunState.RUN_STATE_SUCCEEDED);
  expect(answers).toBeGreaterThan(0);
  expect(await client.listQuarantines()).toEqual([]);
});

it('a restarted coordinator drops unproven answers and quarantines a model replaced meanwhile', async () => {
  const submitted = await submit();
  // No canary proves its answers.
  let worker = teacher({ probe: (values, round) => (round > 2 ? undefined : values) });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, SPAN);
  await cluster.restart();
  worker.kill();
  shift = 0.2;
  worker = teacher();
  const heir = peers.student(`heir-${turn}`);
  peer.kill();
  await untilRun(cluster, runId, isQuarantined);
  await mended();
  await assigned(heir, runId, 1);
  await train(heir, 0, STEP_COUNT);
  expectTargets(heir, submitted, 0);
});

it('a run whose data set is gone goes back to step 0, and does not stop other runs', async () => {
  await submit();
  let isOver = (): void => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  // No canary proves its answers.
  const first = teacher({
    probe: async (values, round) => {
      if (round > 2) await over;
      return values;
    },
  });
  const peer = student();
  await assigned(peer, runId);
  await train(peer, 0, 10);
  const pointers = await pointTo(10, 'a'.repeat(64));
  await cluster.push('dataset', `other-${turn}`, tinyDatasetBytes(500 + turn));
  await cluster.restart(async () => {
    await (await cluster.nats.blobs({ create: false })).delete(setDigest);
    await rm(join(cluster.stateDir, 'blobs', setDigest), { force: true });
  });
  isOver();
  first.kill();
  peer.kill();
  const { reason } = await untilRun(
    cluster,
    runId,
    ({ state }) => state === RunState.RUN_STATE_PAUSED,
  );
  expect(reason).toMatch(/^its data set .* cannot be read/);

  // The model is replaced once it has answered about the other run's set.
  teacher({ probe: (values, round) => values.map((value) => value + (round > 1 ? 0.2 : 0)) });
  peers.student(`heir-${turn}`);
  const other = `${runId}-other`;
  await submit(other, { dataset: `other-${turn}` });
  const [event] = await eventually(async () => {
    const events = await eventsOf('went-back');
    return events.length > 0 ? events : undefined;
  });
  expect(event?.data).toEqual({ step: 0, first: 0 });
  await untilRun(cluster, other, (run) => run.reason.includes('quarantined on'));
  const pointer = JSON.parse((await pointers.get(runId))?.value ?? '');
  expect(pointer).toMatchObject({ step: 0 });
});

it('evaluateEnsemble waits until its answers are proven', async () => {
  teacher({
    probe: (values, round) => {
      const said = values.map((value) => value + shift);
      // It answers tickets from now on.
      if (round === 2) shift = 0.2;
      return said;
    },
  });
  const request = { dataset: `tiny-${turn}`, teachers: [`far-${turn}`], rules: [], split: 'test' };
  const compared = client.evaluateEnsemble(request);
  const found = await Promise.race([
    compared.then(() => 'told'),
    eventually(async () => {
      const workers = (await client.listQuarantines()).map(({ workerId }) => workerId);
      return workers.includes(`teacher-${turn}`) ? 'quarantined' : undefined;
    }),
  ]);
  expect(found).toBe('quarantined');
  await mended();
  const { teachers } = await compared;
  expect(teachers).toHaveLength(1);
  expect(await client.evaluateEnsemble(request)).toEqual(await compared);
});

it('streamTargets ends with an error after it sent targets of a replaced model', async () => {
  await submit();
  let isRead = (): void => {};
  const read = new Promise<void>((resolve) => {
    isRead = resolve;
  });
  teacher({
    probe: async (values, round) => {
      if (round === 3) await read;
      const said = values.map((value) => value + shift);
      // It answers tickets from now on.
      if (round === 2) shift = 0.2;
      return said;
    },
    answer: firstSpanOnly,
  });
  const steps: number[] = [];
  const reading = (async () => {
    for await (const part of client.streamTargets({ runId, wait: true })) {
      if (part.$case !== 'batch') continue;
      steps.push(part.batch.step);
      isRead();
    }
  })();
  await expect(reading).rejects.toThrow(
    /^targets of run \S+ from step 0 on were made of answers of teacher far that were dropped since/,
  );
  expect(steps[0]).toBe(0);
  expect(steps.length).toBeLessThanOrEqual(SPAN);
});
