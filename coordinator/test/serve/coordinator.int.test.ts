// The coordinator with a real nats-server and real gRPC. Its peers speak as teacher and student workers do but
// compute nothing, so that every logit and every target is known in advance.

import type { Values } from '@lyceum/learning/arrays';
import { type AnswerCodec, throughCodec } from '@lyceum/learning/codecs';
import { encodeDataset, encodeManifest, SPLIT_NUMBERS } from '@lyceum/learning/datasets';
import { calibrate, caMkdWeights, fitCombination, pool } from '@lyceum/learning/ensemble';
import { orderedRows, orderedSamples } from '@lyceum/learning/orders';
import { call, openServerStream, sessionHeaders } from '@lyceum/platform';
import {
  type AnswerFrame,
  digestBytes,
  float32Tensor,
  LyceumError,
  POINTER_BUCKET,
  type Run,
  RunState,
  sha256Hex,
  TICKET_STREAM,
  type Ticket,
  ticketId,
} from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import type { Findings } from '../../src/documents/findings.js';
import type { Report } from '../../src/documents/report.js';
import { finishTraining } from './finish-training.js';
import { jetStreamApi } from './jetstream-api.js';
import { Peers, runDocument, type SubmittedRun, untilRun } from './peers.js';
import { drain, referenceTo, type StudentPeer } from './student-peer.js';
import { logitsOf, type TeacherPeer, type TeacherPeerOptions } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import {
  BATCH_SIZE,
  CLASS_COUNT,
  STEP_COUNT,
  TRAIN_COUNT,
  tinyDataset,
  tinyDatasetBytes,
  tinyManifest,
  tinyModelBytes,
} from './tiny-artifacts.js';

const dataset = tinyDataset();

let cluster: TestCoordinator;
/** Number of the test. Each test has its own data set and run. */
let turn = 0;
let runId = '';
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
  await cluster.push('model', 'first', tinyModelBytes(0.25));
  await cluster.push('model', 'second', tinyModelBytes(0.5));
});

afterAll(() => cluster.stop());

beforeEach(async () => {
  turn++;
  runId = `story-${turn}`;
  await cluster.push('dataset', `tiny-${turn}`, tinyDatasetBytes(turn));
});

afterEach(() => peers.end());

const TEACHERS = [
  { name: 'one', model: 'first' },
  { name: 'two', model: 'second', weight: 3 },
];

function specification(spec: SubmittedRun['spec'] = {}): string {
  const run = { dataset: `tiny-${turn}`, teachers: TEACHERS, ...spec };
  return runDocument({ name: runId, spec: run });
}

async function submit(text = specification(), id = ''): Promise<Run> {
  const { run } = cluster.clients;
  const request = { specification: text, runId: id, dryRun: false };
  const response = await call(run, run.submitRun, request);
  if (response.run === undefined) throw new Error('no run in the response');
  return response.run;
}

const teacher = (workerId: string, options: Partial<TeacherPeerOptions> = {}) =>
  peers.teacher({ workerId, dataset, ...options });
const student = (workerId: string) => peers.student(workerId);

async function assigned(peer: StudentPeer, afterEpoch = 0) {
  return eventually(() => {
    const { run } = peer;
    return run !== undefined && run.assignmentEpoch > afterEpoch ? run : undefined;
  });
}

const inState = (state: RunState, id = runId): Promise<Run> =>
  untilRun(cluster, id, (run) => run.state === state);

/** An answer after the codec. */
function stored(logits: readonly number[], codec: AnswerCodec): Float32Array {
  return throughCodec(codec, Float32Array.from(logits), 1, CLASS_COUNT);
}

/** The target rows that a run must get, computed from the peers' answers. */
function expectedRows(
  run: Run,
  fromStep: number,
  toStep: number,
  weightsOf: (logits: Float32Array[], sample: number) => ArrayLike<number> = () => [1, 3],
  logitsFrom: (logits: Float32Array[]) => Values[] = (logits) => logits,
  codec: AnswerCodec = 'uint8-affine',
  sampleAt = inFullOrder,
) {
  const identities = run.teacherIdentities.map((hex) => digestBytes(hex));
  const stepsPerEpoch = TRAIN_COUNT / BATCH_SIZE;
  return Array.from({ length: (toStep - fromStep) * BATCH_SIZE }, (_, i) => {
    const epoch = Math.floor((fromStep + i / BATCH_SIZE) / stepsPerEpoch);
    const position = fromStep * BATCH_SIZE + i - epoch * TRAIN_COUNT;
    const sample = sampleAt(epoch, position);
    const logits = identities.map((identity) => stored(logitsOf(identity, sample), codec));
    const values = new Float32Array(CLASS_COUNT);
    const weights = Array.from(weightsOf(logits, sample));
    pool(
      {
        rule: 'arithmetic',
        temperature: 4,
        teacherLogits: logitsFrom(logits),
        teacherWeights: weights,
        rowCount: 1,
        classCount: CLASS_COUNT,
      },
      values,
    );
    return { epoch, position, values: [...values] };
  });
}

/** The train split is the first samples of the set, so row and sample are equal. */
function inFullOrder(epoch: number, position: number): number {
  return orderedRows(TRAIN_COUNT, { seed: 5, epoch }, position, 1)[0] as number;
}

async function events(id = runId): Promise<{ kind: string; message: string; data: unknown }[]> {
  const { run } = cluster.clients;
  const seen = [];
  const call = openServerStream(() => run.listEvents({ runId: id, follow: false }));
  for await (const { event } of call.incoming) {
    if (event === undefined) continue;
    const { kind, message, dataJson } = event;
    seen.push({ kind, message, data: JSON.parse(dataJson) });
  }
  return seen;
}

/** The teacher workers of which the run has an event that they joined. */
async function joined(id: string): Promise<unknown[]> {
  const all = await events(id);
  return all
    .filter(({ kind }) => kind === 'worker-joined')
    .map(({ data }) => (data as { workerId: string }).workerId);
}

describe('a run from submit to report', () => {
  it('sends each target once, in order, combined from the answers, and ends in a report', async () => {
    teacher('t1');
    const peer = student('s1');
    await submit();
    const run = await assigned(peer);
    expect(run).toMatchObject({ runId, attempt: 1, assignmentEpoch: 1 });
    expect(run.targetTensors).toEqual([{ name: 'pooled/arithmetic/4', rowShape: [CLASS_COUNT] }]);
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(
      expectedRows(await inState(RunState.RUN_STATE_TRAINING), 0, STEP_COUNT),
    );

    await finishTraining(cluster, peer);
    await inState(RunState.RUN_STATE_SUCCEEDED);
    await eventually(() => (peer.run === undefined ? true : undefined));
    const { run: client } = cluster.clients;
    const { reportJson } = await call(client, client.getReport, { runId });
    const report = JSON.parse(reportJson) as { teachers: { name: string }[]; bitExact: boolean };
    expect(report.teachers.map((t) => t.name)).toEqual(['one', 'two']);
    expect(report.bitExact).toBe(true);
    const seen = (await events()).map((e) => e.message);
    expect(seen).toContain('PREPARING → TRAINING');
    expect(seen.at(-1)).toBe('EVALUATING → SUCCEEDED');
  });

  it('has events of a teacher worker that it asks, and none while it is queued', async () => {
    teacher('t1');
    const peer = student('s1');
    await submit();
    await assigned(peer);
    const queuedId = `${runId}-queued`;
    await submit(specification(), queuedId);
    teacher('t2');
    await eventually(async () => (await joined(runId)).includes('t2') || undefined);
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    await finishTraining(cluster, peer);
    await eventually(() => peer.run?.runId === queuedId || undefined);
    // Events of a run are written in order.
    await eventually(async () => {
      const all = await events(queuedId);
      return all.some(({ kind }) => kind === 'assigned') || undefined;
    });
    expect(await joined(queuedId)).toEqual([]);
  });

  it('asks teachers once for two runs with different codecs, and gives each run its own bits', async () => {
    const holding = teacher('holding', { silent: true });
    const students = [student('s1'), student('s2')];
    const submitted = await submit();
    const exactId = `${runId}-exact`;
    const exact = await submit(specification({ answers: { codec: 'float32' } }), exactId);
    for (const peer of students) {
      await assigned(peer);
      await peer.receive(0, 0);
    }
    // Both runs wait for their first answers, which come now.
    const teaching = teacher('t1');
    holding.kill();
    for (const peer of students) await drain(peer, STEP_COUNT);
    const rowsOf = (id: string) => students.find(({ run }) => run?.runId === id)?.rows;
    expect(rowsOf(runId)).toEqual(expectedRows(submitted, 0, STEP_COUNT));
    expect(rowsOf(exactId)).toEqual(
      expectedRows(exact, 0, STEP_COUNT, undefined, undefined, 'float32'),
    );
    expect(rowsOf(exactId)).not.toEqual(rowsOf(runId));
    const ids = teaching.taken.map(({ ticket }) => ticketId(ticket));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('weighs teachers by the label of each sample with ca-mkd', async () => {
    teacher('t1');
    const peer = student('s1');
    const teachers = [
      { name: 'one', model: 'first' },
      { name: 'two', model: 'second' },
    ];
    const changes = { teachers, ensemble: { combine: 'ca-mkd' } };
    const submitted = await submit(specification(changes));
    const run = await assigned(peer);
    expect(run.targetTensors.map(({ name }) => name)).toEqual(['pooled/ca-mkd/4']);
    await peer.receive(0, 0);
    await drain(peer, 40);
    expect(peer.rows).toEqual(
      expectedRows(submitted, 0, 40, (logits, sample) =>
        caMkdWeights(logits, dataset.labels.subarray(sample, sample + 1), CLASS_COUNT),
      ),
    );
  });

  it('fits its rule on the validation split first, and keeps the fit over assignments', async () => {
    let isHeldBack = true;
    const frames: AnswerFrame[] = [];
    const peerTeacher = teacher('t1', {
      answer: (frame) => {
        if (frame.ticket?.split !== SPLIT_NUMBERS.validation || !isHeldBack) return frame;
        frames.push(frame);
        return undefined;
      },
    });
    const peer = student('s1');
    const teachers = [
      { name: 'one', model: 'first' },
      { name: 'two', model: 'second' },
    ];
    const ensemble = { combine: 'accuracy', calibrate: true };
    const submitted = await submit(specification({ teachers, ensemble }));
    await assigned(peer);
    await peer.receive(0, 0);
    await peer.credit(40, 0);
    await inState(RunState.RUN_STATE_FITTING);
    await eventually(async () => {
      const { reason } = await cluster.run(runId);
      return reason === "waiting for the teachers' answers to the validation split" || undefined;
    });
    await eventually(() => (frames.length === 2 ? true : undefined));
    expect(peer.rows).toEqual([]);
    isHeldBack = false;
    for (const { ticket } of frames) await peerTeacher.answer(ticket as Ticket, (frame) => frame);
    await eventually(() => (peer.rows.length >= 40 * BATCH_SIZE ? true : undefined));

    const held = [...dataset.splits.keys()].filter(
      (i) => dataset.splits[i] === SPLIT_NUMBERS.validation,
    );
    const fit = fitCombination(
      { combine: 'accuracy', weighting: 'linear', calibrate: true },
      submitted.teacherIdentities.map((hex) =>
        Float32Array.from(held.flatMap((sample) => logitsOf(digestBytes(hex), sample))),
      ),
      Int32Array.from(held, (sample) => dataset.labels[sample] as number),
      CLASS_COUNT,
    );
    const [a = 1, b = 1] = fit.temperatures ?? [];
    const want = expectedRows(
      submitted,
      0,
      40,
      () => fit.weights ?? [],
      ([one, two]) => [calibrate(one as Float32Array, a), calibrate(two as Float32Array, b)],
    );
    expect(peer.rows).toEqual(want);
    expect((await events()).map((e) => e.message)).toEqual(
      expect.arrayContaining(['PREPARING → FITTING', 'FITTING → TRAINING']),
    );

    // Another assignment uses the recorded fit.
    peer.kill();
    const heir = student('s2');
    await assigned(heir, 1);
    await heir.receive(0, 0);
    await drain(heir, 40);
    expect(heir.rows).toEqual(want);
    expect((await events()).filter((e) => e.kind === 'fitted')).toHaveLength(1);
  });

  it('is refused with ca-mkd if spec.labels leaves out labels', async () => {
    const changes = {
      teachers: [{ name: 'one', model: 'first' }],
      ensemble: { combine: 'ca-mkd' },
      labels: { count: 30 },
    };
    await expect(submit(specification(changes))).rejects.toThrow(
      /spec\.ensemble\.combine.*spec\.labels leaves 30 of 6600; entropy needs none/s,
    );
  });

  it('is refused with mixture-em if no validation sample has a label', async () => {
    const labels = dataset.labels.map((label, i) =>
      dataset.splits[i] === SPLIT_NUMBERS.validation ? -1 : label,
    );
    await cluster.push('dataset', 'unlabelled', encodeDataset({ ...dataset, labels }));
    const teachers = [{ name: 'one', model: 'first' }];
    const changes = { dataset: 'unlabelled', teachers, ensemble: { combine: 'mixture-em' } };
    await expect(submit(specification(changes))).rejects.toThrow(
      /spec\.ensemble\.combine: is fitted on the validation split of spec\.dataset, where no sample has a label/,
    );
  });

  it('is served from stored answers, without new tickets, if it has the settings of an earlier run', async () => {
    const teaching = teacher('t1');
    const peer = student('s1');
    await submit();
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    await finishTraining(cluster, peer);
    await inState(RunState.RUN_STATE_SUCCEEDED);
    // A message may be delivered again, so tickets are compared by id.
    const asked = () => new Set(teaching.taken.map(({ ticket }) => ticketId(ticket)));
    const before = asked();
    await submit(specification(), `${runId}-again`);
    await eventually(() => (peer.run?.runId === `${runId}-again` ? true : undefined));
    peer.rows.length = 0;
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(await cluster.run(`${runId}-again`), 0, STEP_COUNT));
    expect(asked()).toEqual(before);
  });
});

describe('a run on a set in shards', () => {
  it('has chunks order, also after a restart, and says so in run, report and findings', async () => {
    const manifest = tinyManifest();
    const { chunkEnds } = manifest;
    await cluster.push('dataset', `shards-${turn}`, encodeManifest(manifest));
    const training = { batchSize: BATCH_SIZE, epochs: 2, seed: 5, order: 'chunks' };
    await expect(submit(specification({ training }))).rejects.toThrow(
      /spec\.training\.order.*spec\.dataset is one file/s,
    );
    const before = teacher('t1', { dataset: { ...dataset, chunkEnds } });
    const peer = student('s1');
    await submit(specification({ training, dataset: `shards-${turn}` }));
    // 30 steps an epoch in two spans.
    const blockPositions = TRAIN_COUNT / 2;
    expect(await assigned(peer)).toMatchObject({ blockPositions, spanPositions: blockPositions });
    await peer.receive(0, 0);
    await drain(peer, 20);
    await cluster.restart();
    before.kill();
    teacher('t2', { dataset: { ...dataset, chunkEnds } });
    await takenUp(peer, 20);
    await drain(peer, STEP_COUNT);
    const run = await inState(RunState.RUN_STATE_TRAINING);
    const train = Uint32Array.from({ length: TRAIN_COUNT }, (_, sample) => sample);
    const byChunks = (epoch: number, position: number) =>
      orderedSamples(train, chunkEnds, { seed: 5, epoch, blockPositions }, position, 1)[0] ?? 0;
    const codec = 'uint8-affine';
    expect(peer.rows).toEqual(
      expectedRows(run, 20, STEP_COUNT, undefined, undefined, codec, byChunks),
    );
    const order = 'chunks, in blocks of 3,300 samples: spec.training.order';
    expect(run.order).toBe(order);

    await finishTraining(cluster, peer);
    await inState(RunState.RUN_STATE_SUCCEEDED);
    const { run: client } = cluster.clients;
    const { reportJson } = await call(client, client.getReport, { runId });
    expect(JSON.parse(reportJson)).toMatchObject({ training: { order }, measuredTrainCount: 5000 });
    const { findingsJson } = await call(client, client.getFindings, { runId });
    const [example] = (JSON.parse(findingsJson) as Findings).examples;
    const { row = 0, shown } = example ?? {};
    const [from, to] = [1000 * row, 1000 * row + 9].map((byte) => byte.toLocaleString('en-US'));
    const where = `s3://photos/0.tar, bytes ${from} to ${to}`;
    expect(shown).toEqual({ kind: 'elsewhere', where });
  });
});

describe('desiredTeacherWorkers of the coordinator', () => {
  const desired = async () => {
    const { cluster: client } = cluster.clients;
    return (await call(client, client.listWorkers, {})).desiredTeacherWorkers;
  };

  it('is the count that the student keeps busy, and 0 once no run wants answers', async () => {
    expect(await desired()).toBe(0);
    const submitted = await submit();
    // The run waits for workers of both kinds.
    expect(await desired()).toBe(1);
    const slow = teacher('t1', { answer: () => undefined });
    const peer = student('s1');
    const { assignmentEpoch } = await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await eventually(() => (slow.assignment?.teachers.length === 2 ? true : undefined));
    await eventually(() =>
      slow.assignment?.teachers.every(({ ticketsInHand }) => ticketsInHand > 0),
    );
    await eventually(() => (slow.taken.length >= 2 ? true : undefined));
    // 1,000 samples a second without waiting, and 3 and 5 ms a sample: 1.1 · 8 workers.
    const progress = {
      ...{ runId, assignmentEpoch, step: 0, epoch: 0, loss: 1, learningRate: 1 },
      ...{ trainingSeconds: 10, waitingSeconds: 9, samples: 1000 },
      ...{ validation: undefined, checkpointStep: 0, history: undefined },
    };
    await peer.send({ $case: 'progress', progress });
    const [one = '', two = ''] = submitted.teacherIdentities;
    await slow.tellInference(digestBytes(one), 500, 1.5);
    await slow.tellInference(digestBytes(two), 500, 2.5);
    await eventually(async () => ((await desired()) === 9 ? true : undefined));
    const metrics = await (await fetch(`http://${cluster.http}/metrics`)).text();
    expect(metrics).toContain('lyceum_desired_teacher_workers 9');
    const { run } = cluster.clients;
    await call(run, run.cancelRun, { runId });
    await eventually(async () => ((await desired()) === 0 ? true : undefined));
  });
});

/** What a peer took and what became of it, to show why a test waited in vain. */
function handled({ taken, receipts, refusals, assignment }: TeacherPeer) {
  return {
    taken: taken.map(({ sequence, ticket }) => [sequence, ticket.firstPosition, ticket.attempt]),
    receiptCount: receipts.length,
    refusals: refusals.map(String),
    teachers: assignment?.teachers.map((t) => [t.ticketsInHand, t.probes.map((p) => p.attempt)]),
  };
}

describe('the coordinator in trouble', () => {
  it('gives the tickets of a killed teacher worker to another at once, not after a lease', async () => {
    const doomed = teacher('t1', { answer: () => undefined });
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await eventually(() => (doomed.taken.length >= 2 ? true : undefined));
    const heir = teacher('t2');
    await eventually(() => (heir.assignment?.teachers.length === 2 ? true : undefined));
    const killedAt = Date.now();
    doomed.kill();
    const held = doomed.taken[0]?.ticket.firstPosition;
    await eventually(
      () => (heir.taken.some((t) => t.ticket.firstPosition === held) ? true : undefined),
      () => ({ doomed: handled(doomed), heir: handled(heir) }),
    );
    // It takes some hundredths of a second on an idle machine; JetStream's own lease is 30 s.
    expect(Date.now() - killedAt).toBeLessThan(20_000);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
    expect((await events()).map((e) => e.kind)).toContain('ticket-reissued');
  });

  it('issues tickets again that a worker took and never reported', async () => {
    const doomed = teacher('t1', { silent: true });
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await eventually(() => (doomed.taken.length >= 2 ? true : undefined));
    const heir = teacher('t2');
    await eventually(() => (heir.assignment?.teachers.length === 2 ? true : undefined));
    doomed.kill();
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
  });

  it('issues tickets again after the queue was lost with its NATS server', async () => {
    const doomed = teacher('t1', { answer: () => undefined });
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await inState(RunState.RUN_STATE_TRAINING);
    await eventually(() => (doomed.taken.length >= 2 ? true : undefined));
    doomed.kill();
    const reissuedFor = (reason: string) =>
      eventually(async () => {
        const seen = await events().catch(() => []);
        return seen.some(({ message }) => message.includes(reason)) ? true : undefined;
      });
    await reissuedFor('the session of t1 ended');
    await cluster.restartNats();
    await reissuedFor('its queue is lost');
    teacher('t2');
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
  });

  it('shows in run reasons that NATS stores nothing, and refuses submissions, while NATS is away', async () => {
    student('s1');
    await submit();
    const reason = (text: string) =>
      eventually(async () => (await cluster.run(runId)).reason.startsWith(text) || undefined);
    await reason('no teacher worker is connected');
    await cluster.restartNats(async () => {
      await reason('NATS stores nothing at the moment (lyceum-leader/leader: NATS does not');
      await expect(submit(specification(), `${runId}-late`)).rejects.toThrow(
        'NATS does not answer in time',
      );
    });
    await reason('no teacher worker is connected');
  });

  it('issues tickets again after the ticket stream was deleted without a lost connection', async () => {
    const doomed = teacher('t1', { answer: () => undefined });
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await eventually(() => (doomed.taken.length >= 2 ? true : undefined));
    doomed.kill();
    // The connection stays, and the stream is gone, as after a loss on another server of a NATS cluster.
    const nobody = { user: 'nobody', password: 'nothing' };
    await jetStreamApi(cluster.natsUrl, nobody, `STREAM.DELETE.${TICKET_STREAM}`, {});
    teacher('t2');
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
  });

  it('refuses answers of another shape or with NaN, and shows it as a problem of the worker', async () => {
    let turn = 0;
    const bad = teacher('t1', {
      answer: (frame) => {
        turn++;
        const rows = frame.tensors[0]?.shape[0] ?? 0;
        if (turn > 2) return frame;
        const width = turn === 1 ? CLASS_COUNT + 1 : CLASS_COUNT;
        const values = new Float32Array(rows * width).fill(turn === 1 ? 0 : Number.NaN);
        return { ...frame, tensors: [float32Tensor('logits', [rows, width], values)] };
      },
    });
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
    expect(bad.refusals).toHaveLength(2);
    expect(
      bad.refusals.every((e) => e instanceof LyceumError && e.code === 'INVALID_ARGUMENT'),
    ).toBe(true);
    const { cluster: client } = cluster.clients;
    const { workers } = await call(client, client.listWorkers, {});
    expect(workers.find((w) => w.workerId === 't1')?.problems.join()).toContain('answer refused');
  });

  it('pauses a run whose teacher keeps sending empty answers, and goes on once it is resumed', async () => {
    const rogue = teacher('t1', {
      answer: (frame) => ({ ...frame, tensors: [] }),
    });
    const peer = student('s1');
    await submit();
    await assigned(peer);
    await peer.receive(0, STEP_COUNT);
    const run = await inState(RunState.RUN_STATE_PAUSED);
    expect(run.reason).toMatch(
      /^teacher (one|two) cannot answer samples \d+ to \d+ \(positions \d+ to \d+ of epoch 0\): want the tensors logits, got none$/,
    );
    const metrics = await (await fetch(`http://${cluster.http}/metrics`)).text();
    expect(metrics).toContain('lyceum_runs{state="PAUSED"} 1');
    expect(await eventually(() => peer.targetsEnd)).toMatchObject({ code: 'ABORTED' });
    // The student is free, and no teacher is asked.
    await eventually(() => (peer.run === undefined ? true : undefined));
    await eventually(() => (rogue.assignment?.teachers.length === 0 ? true : undefined));
    const { data } = (await events()).findLast((e) => e.kind === 'state-changed') ?? {};
    expect(data).toMatchObject({ state: 'PAUSED', epoch: 0, positionCount: expect.any(Number) });

    rogue.kill();
    teacher('t2');
    const { run: client } = cluster.clients;
    await call(client, client.resumeRun, { runId, acceptNumerics: false });
    await assigned(peer, 1);
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(run, 0, STEP_COUNT));
    const again = call(client, client.resumeRun, { runId, acceptNumerics: false });
    await expect(again).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('drops an answer that it did not ask for, and says so in the receipt', async () => {
    const peer = teacher('t1');
    await eventually(() => peer.assignment);
    const ticket = {
      teacherIdentity: Buffer.alloc(32, 1),
      datasetDigest: Buffer.alloc(32, 2),
      split: 1,
      view: 'identity',
      viewEpoch: 0,
      order: undefined,
      firstPosition: 0,
      positionCount: 4,
      outputs: ['logits'],
      attempt: 1,
      anewAttempt: 0,
    } as const;
    const receipt = await peer.answer({ ...ticket, outputs: ['logits'] }, (frame) => frame);
    expect(receipt).toMatchObject({ wanted: false, ticket: { positionCount: 4 } });
  });

  it('keeps the assignment of a student that reconnects, and sends targets from its next step', async () => {
    teacher('t1');
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, 20);
    peer.kill();
    peer.rows.length = 0;
    peer.connect();
    await peer.receive(20, 20);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 20, STEP_COUNT));
    expect(peer.run?.assignmentEpoch).toBe(1);
  });

  it('gives the run of a lost student to another, and refuses a commit of the first assignment', async () => {
    teacher('t1');
    const lost = student('s1');
    const submitted = await submit();
    await assigned(lost);
    await lost.receive(0, 0);
    await drain(lost, 20);
    lost.kill();
    const heir = student('s2');
    const run = await assigned(heir, 1);
    expect(run.assignmentEpoch).toBe(2);
    // No checkpoint was made, so the heir begins at step 0, with stored answers.
    await heir.receive(0, 0);
    await drain(heir, STEP_COUNT);
    expect(heir.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
    const bytes = Buffer.from(`${runId} after 9 steps`);
    const stale = heir.commit({ step: 9, bytes, assignment: { runId, assignmentEpoch: 1 } });
    await expect(stale).rejects.toMatchObject({ code: 'ABORTED' });
    await heir.commit({ step: 9, bytes });
  });

  it('gives the run of a lost student to another even if the clock is set back by an hour', async () => {
    teacher('t1');
    const lost = student('s1');
    await submit();
    await assigned(lost);
    const { cluster: client } = cluster.clients;
    const workerIds = async () =>
      (await call(client, client.listWorkers, {})).workers.map(({ workerId }) => workerId);
    lost.kill();
    await eventually(async () => !(await workerIds()).includes('s1'));
    const clock = vi.spyOn(Date, 'now');
    clock.mockImplementation(() => performance.timeOrigin + performance.now() - 3_600_000);
    try {
      expect((await assigned(student('s2'), 1)).assignmentEpoch).toBe(2);
    } finally {
      clock.mockRestore();
    }
  });

  it('goes on with a run under the same assignment after a restart of the coordinator', async () => {
    const before = teacher('t1');
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, 20);
    await cluster.restart();
    before.kill();
    teacher('t1');
    await takenUp(peer, 20);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 20, STEP_COUNT));
    expect(peer.run?.assignmentEpoch).toBe(1);
  });

  it('reports the teacher workers that answered before a restart of the coordinator', async () => {
    const before = teacher('early');
    const peer = student('s1');
    await submit();
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, 20);
    await cluster.restart();
    before.kill();
    teacher('late');
    await takenUp(peer, 20);
    await drain(peer, STEP_COUNT);
    await finishTraining(cluster, peer);
    await inState(RunState.RUN_STATE_SUCCEEDED);
    const { run: client } = cluster.clients;
    const { reportJson } = await call(client, client.getReport, { runId });
    const { environment } = JSON.parse(reportJson) as Pick<Report, 'environment'>;
    expect(environment.teacherWorkers.map(({ workerId }) => workerId)).toEqual(['early', 'late']);
  });
});

describe('checkpoints at the coordinator', () => {
  /** More than one chunk. */
  const bytesAt = (step: number) => Buffer.alloc(300_000, `${runId} after ${step} steps`);
  const at = (step: number) => referenceTo(step, bytesAt(step));
  const pointer = async () =>
    JSON.parse((await (await pointerBucket()).get(runId))?.value ?? '{}') as CheckpointPointer;
  const pointerBucket = () => cluster.nats.keyValue(POINTER_BUCKET, { create: false });
  const blobs = () => cluster.nats.blobs({ create: false });

  async function training(): Promise<StudentPeer> {
    teacher('t1');
    const peer = student('s1');
    await submit();
    await assigned(peer);
    return peer;
  }

  it('are stored; the newest two are kept and returned, and older ones are deleted', async () => {
    const peer = await training();
    await peer.commit({ step: 1, bytes: bytesAt(1) });
    await peer.commit({ step: 2, bytes: bytesAt(2), named: at(1) });
    await peer.commit({ step: 3, bytes: bytesAt(3), named: at(2) });
    const { student: client } = cluster.clients;
    const headers = sessionHeaders(peer.credentials);
    const request = { runId, assignmentEpoch: 1 };
    const told = await call(client, client.getCheckpoints, request, { headers });
    expect(told).toEqual({ newest: at(3), previous: at(2) });
    expect(await (await blobs()).get(sha256Hex(bytesAt(3)))).toEqual(bytesAt(3));
    await eventually(async () => !(await (await blobs()).has(sha256Hex(bytesAt(1)))));
    expect(await (await blobs()).has(sha256Hex(bytesAt(2)))).toBe(true);
  });

  it('are committed once if a commit is repeated, and a late commit does not undo a later one', async () => {
    const peer = await training();
    for (const _ of [1, 2]) await peer.commit({ step: 1, bytes: bytesAt(1) });
    await peer.commit({ step: 2, bytes: bytesAt(2), named: at(1) });
    const late = peer.commit({ step: 1, bytes: bytesAt(1) });
    await expect(late).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await pointer()).toMatchObject({ step: 2, previous: { step: 1 } });
  });

  it('with bytes that do not match their digest are refused, and leave no blob', async () => {
    const peer = await training();
    const digest = sha256Hex(bytesAt(7));
    const wrong = peer.commit({ step: 1, bytes: bytesAt(1), digest });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await pointer()).toMatchObject({ step: 0 });
    expect(await (await blobs()).has(digest)).toBe(false);
    expect(await (await blobs()).uploads()).toEqual([]);
  });

  it('with the bytes of a pushed model are not deleted when they are superseded', async () => {
    const peer = await training();
    const model = tinyModelBytes(0.25);
    await peer.commit({ step: 1, bytes: model });
    await peer.commit({ step: 2, bytes: bytesAt(2), named: referenceTo(1, model) });
    await peer.commit({ step: 3, bytes: bytesAt(3), named: at(2) });
    await peer.commit({ step: 4, bytes: bytesAt(4), named: at(3) });
    await eventually(async () => !(await (await blobs()).has(sha256Hex(bytesAt(2)))));
    expect(await (await blobs()).get(sha256Hex(model))).toEqual(model);
  });
});

/** Connects again, and asks for targets from a step on until rows come. */
async function takenUp(peer: StudentPeer, step: number): Promise<void> {
  peer.rows.length = 0;
  peer.connect();
  // The stream is UNAVAILABLE until the coordinator has taken the run up again.
  await eventually(async () => {
    peer.targetsEnd = undefined;
    await peer.receive(step, step + 1);
    const seen = await eventually(
      () => peer.targetsEnd ?? (peer.rows.length > 0 ? 'rows' : undefined),
    );
    return seen === 'rows' ? true : undefined;
  });
}

describe('requests of users to the coordinator', () => {
  it('a repeated submit creates no second run, and another specification is refused', async () => {
    const first = await submit();
    const { run } = cluster.clients;
    const again = await call(run, run.submitRun, {
      specification: specification(),
      runId: '',
      dryRun: false,
    });
    expect(again).toMatchObject({ created: false, run: { submittedAtMs: first.submittedAtMs } });
    const other = submit(specification({ training: { epochs: 3 } }));
    await expect(other).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('a submit that does not fit the cluster is refused with all problems, and stores no run', async () => {
    await cluster.push('model', 'wide', tinyModelBytes(1, 5, 4));
    const text = specification({
      teachers: [
        { name: 'one', model: 'wide' },
        { name: 'two', model: 'absent' },
        { name: 'three', model: 'run:absent' },
      ],
      labels: { count: 9_999 },
      views: { crop: 0.1, mixup: true },
      objective: [{ term: 'kd', temperature: 1 }],
      answers: { codec: { topK: 2 } },
      student: { model: { architecture: 'mlp' }, baseline: 'run:none' },
    });
    const message = await submit(text).then(
      () => '',
      (err: unknown) => (err instanceof LyceumError ? err.message : ''),
    );
    expect(message.split('\n').slice(1)).toEqual([
      '  - spec.teachers[0].model: has 4 classes, and the data set has 3',
      '  - spec.teachers[0].model: takes inputs of shape [5], and the samples have [2]',
      '  - spec.teachers[1].model: there is no model absent; pushed are first, second, wide',
      '  - spec.teachers[2].model: there is no run absent',
      '  - spec.student.baseline: there is no run none',
      '  - spec.views.crop: needs samples of shape [height, width, channels], and those of spec.dataset are [2]; mixup works with any',
      '  - spec.labels.count: is 9999, and the train split has 6600 labelled samples',
      '  - spec.answers.codec.topK: want float16 or uint8-affine for the 3 classes of spec.dataset; topK is for 1000 classes and more',
    ]);
    const { run } = cluster.clients;
    await expect(call(run, run.getRun, { runId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a waiting run has the reason why it waits', async () => {
    await submit();
    await eventually(async () => ((await cluster.run(runId)).reason !== '' ? true : undefined));
    expect((await cluster.run(runId)).reason).toBe('no student worker is connected');
    const peer = student('s1');
    await eventually(async () =>
      (await cluster.run(runId)).reason.includes('teacher') ? true : undefined,
    );
    expect((await cluster.run(runId)).reason).toBe('no teacher worker is connected');
    teacher('t1');
    await assigned(peer);
    await submit(specification(), `${runId}-second`);
    await eventually(async () =>
      (await cluster.run(`${runId}-second`)).reason !== '' ? true : undefined,
    );
    expect((await cluster.run(`${runId}-second`)).reason).toBe(
      `no student worker is free (1 of 1 busy with ${runId})`,
    );
  });

  it('a cancelled run releases its workers, and goes on with a retry', async () => {
    teacher('t1');
    const peer = student('s1');
    const submitted = await submit();
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, 20);
    const { run } = cluster.clients;
    await call(run, run.cancelRun, { runId });
    await inState(RunState.RUN_STATE_CANCELLED);
    await eventually(() => (peer.run === undefined ? true : undefined));
    expect(await eventually(() => peer.targetsEnd)).toMatchObject({ code: 'ABORTED' });
    await expect(call(run, run.cancelRun, { runId })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    await call(run, run.retryRun, { runId });
    expect(await assigned(peer, 1)).toMatchObject({ attempt: 2, assignmentEpoch: 2 });
    peer.rows.length = 0;
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    expect(peer.rows).toEqual(expectedRows(submitted, 0, STEP_COUNT));
  });

  it('a run with baseline: train waits for its baseline, which is a separate run', async () => {
    teacher('t1');
    const peer = student('s1');
    await submit(
      specification({
        student: { model: { architecture: 'mlp' }, baseline: 'train' },
        labels: { count: 30 },
      }),
    );
    await assigned(peer);
    await peer.receive(0, 0);
    await drain(peer, STEP_COUNT);
    await finishTraining(cluster, peer);
    await eventually(() => (peer.run?.runId === `${runId}-alone` ? true : undefined));
    expect(JSON.parse(peer.run?.specificationJson ?? '')).toMatchObject({
      kind: 'Training',
      spec: { training: { steps: STEP_COUNT, seed: 5 }, labels: { count: 30 } },
    });
    await eventually(async () => {
      const { reason } = await cluster.run(runId);
      return reason.includes(`waiting for run ${runId}-alone`) ? true : undefined;
    });
    await finishTraining(cluster, peer);
    await inState(RunState.RUN_STATE_SUCCEEDED, `${runId}-alone`);
    await inState(RunState.RUN_STATE_SUCCEEDED);
  });

  it('a run is cancelled and retried together with its own baseline', async () => {
    const alone = `${runId}-alone`;
    await submit(specification({ student: { model: { architecture: 'mlp' }, baseline: 'train' } }));
    const { run } = cluster.clients;
    await call(run, run.cancelRun, { runId });
    await inState(RunState.RUN_STATE_CANCELLED, alone);
    await inState(RunState.RUN_STATE_CANCELLED);
    await call(run, run.retryRun, { runId });
    for (const id of [runId, alone]) {
      expect(await cluster.run(id)).toMatchObject({ state: RunState.RUN_STATE_QUEUED, attempt: 2 });
    }
  });

  it('a push of other bytes than an artifact, and the deletion of a used model, are refused', async () => {
    await expect(cluster.push('dataset', 'bad', Buffer.from('nonsense'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await submit();
    const { artifact } = cluster.clients;
    const remove = call(artifact, artifact.deleteArtifact, { kind: 1, name: 'first' });
    await expect(remove).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(
      call(artifact, artifact.deleteArtifact, { kind: 1, name: 'none' }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('/readyz answers 200, and /metrics has the worker sessions', async () => {
    const ready = await fetch(`http://${cluster.http}/readyz`);
    expect(ready.status).toBe(200);
    const metrics = await (await fetch(`http://${cluster.http}/metrics`)).text();
    expect(metrics).toContain('lyceum_worker_sessions{kind="teacher"} 0');
  });
});
