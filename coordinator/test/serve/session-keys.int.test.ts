// Attacks on runs over real gRPC, with the real coordinator and nats-server, by a peer without a session, by a second
// process with a worker's id, and by a worker that names another worker's run or tickets. The owner of the run must be
// able to finish it.

import { writeNpz } from '@lyceum/learning/files';
import { measuredSamples } from '@lyceum/learning/orders';
import {
  call,
  callMetadata,
  newSessionKey,
  openClientStream,
  openDuplex,
  openServerStream,
  type SessionCredentials,
  sessionHeaders,
} from '@lyceum/platform';
import {
  type AnswerFrame,
  digestBytes,
  float32Tensor,
  ListLogsRequest,
  type ListLogsResponse,
  type LoggedLine,
  LogLevel,
  type Run,
  RunState,
  type StoreResultRequest,
  type StoreResultResponse,
  type StudentReport,
  sha256Hex,
} from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assigned as assignedRun, Peers, submitRun, untilRun } from './peers.js';
import { commitAs, type StudentPeer } from './student-peer.js';
import type { TeacherPeerOptions } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import {
  BATCH_SIZE,
  CLASS_COUNT,
  STEP_COUNT,
  tinyDataset,
  tinyDatasetBytes,
  tinyModelBytes,
} from './tiny-artifacts.js';

const dataset = tinyDataset();

let cluster: TestCoordinator;
let turn = 0;
let runId = '';
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
  await cluster.push('model', 'first', tinyModelBytes(0.25));
});

afterAll(() => cluster.stop());

beforeEach(async () => {
  turn++;
  runId = `guarded-${turn}`;
  await cluster.push('dataset', `tiny-${turn}`, tinyDatasetBytes(turn));
});

afterEach(() => peers.end());

const teacher = (workerId: string, options: Partial<TeacherPeerOptions> = {}) =>
  peers.teacher({ workerId, dataset, ...options });
const student = (workerId: string, credentials?: SessionCredentials) =>
  peers.student(workerId, credentials);

function submit(kind: 'Distillation' | 'Training' = 'Distillation'): Promise<Run> {
  const spec = {
    dataset: `tiny-${turn}`,
    ...(kind === 'Distillation' && {
      teachers: [{ name: 'one', model: 'first' }],
      student: { model: { architecture: 'mlp', hiddenUnits: [4] }, baseline: 'none' },
    }),
  };
  return submitRun(cluster, { name: runId, kind, spec });
}

const assigned = (peer: StudentPeer, afterEpoch = 0) => assignedRun(peer, runId, afterEpoch);

const inState = (state: RunState): Promise<Run> =>
  untilRun(cluster, runId, (run) => run.state === state);

/** The report of a forged training, with a model and logits in the blob store. */
async function forgedOutcome(assignmentEpoch: number, what: { model?: Buffer; logits?: Buffer }) {
  const blobs = await cluster.nats.blobs({ create: false });
  const splits = [
    ['train', measuredSamples({ ...dataset, digest: '' }, 'train').length],
    ['validation', 100],
    ['test', 500],
  ] as const;
  const npz = writeNpz(
    splits.map(([split, rows]) => [
      split,
      {
        dtype: 'float32',
        shape: [rows, CLASS_COUNT],
        data: new Float32Array(rows * CLASS_COUNT).fill(1),
      },
    ]),
  );
  const logits = await blobs.put(what.logits ?? npz);
  const model = await blobs.put(what.model ?? tinyModelBytes(7));
  const measurement = {
    parameterCount: 6,
    weightBytes: 24,
    latencyBatch1Ms: 0.5,
    trainingSeconds: 1,
    waitingSeconds: 0.25,
    samples: 6_000,
  };
  return {
    runId,
    assignmentEpoch,
    modelDigest: digestBytes(model),
    logitsDigest: digestBytes(logits),
    finalWeightsDigest: digestBytes(model),
    measurement,
    selectedStep: STEP_COUNT,
    selectedValidation: undefined,
  };
}

type Report = NonNullable<StudentReport['report']>;

const reports: readonly [string, (assignmentEpoch: number) => Promise<Report> | Report][] = [
  ['done', async (epoch) => ({ $case: 'done', done: await forgedOutcome(epoch, {}) })],
  [
    'failed',
    (assignmentEpoch) => ({
      $case: 'failed',
      failed: {
        ...{ runId, assignmentEpoch, reason: 'forged', retryable: false, storageFull: false },
        numericsChange: undefined,
      },
    }),
  ],
  [
    'failed for want of room',
    (assignmentEpoch) => ({
      $case: 'failed',
      failed: {
        ...{ runId, assignmentEpoch, reason: 'forged', retryable: true, storageFull: true },
        numericsChange: undefined,
      },
    }),
  ],
  [
    'progress',
    (assignmentEpoch) => ({
      $case: 'progress',
      progress: {
        ...{ runId, assignmentEpoch, step: 59, epoch: 1, loss: 0.001, learningRate: 1 },
        ...{ trainingSeconds: 1, waitingSeconds: 0, samples: 6_000, checkpointStep: 50 },
        validation: { step: 59, accuracy: 1, nll: 0 },
        history: undefined,
      },
    }),
  ],
  [
    'state',
    (assignmentEpoch) => ({ $case: 'state', state: { revision: 1, runId, assignmentEpoch } }),
  ],
];

describe("a worker's report about another worker's run", () => {
  it.each(reports)('is refused: %s', async (_, report) => {
    await submit('Training');
    const owner = student('owner');
    const { assignmentEpoch } = await assigned(owner);
    const before = await inState(RunState.RUN_STATE_TRAINING);
    const thief = student('thief');
    await eventually(() => (thief.revision > 0 ? true : undefined));
    await thief.send(await report(assignmentEpoch));
    await eventually(
      () => thief.sessionEnd,
      () => runId,
    );
    expect(thief.sessionEnd).toMatchObject({ code: 'PERMISSION_DENIED' });
    const after = await cluster.run(runId);
    expect(after).toMatchObject({
      state: before.state,
      modelDigest: '',
      progress: before.progress,
    });
    // The owner still has the run, and its report counts.
    expect(owner.run?.assignmentEpoch).toBe(assignmentEpoch);
    const done = await forgedOutcome(assignmentEpoch, { model: tinyModelBytes(0.125) });
    await owner.send({ $case: 'done', done });
    const ended = await inState(RunState.RUN_STATE_SUCCEEDED);
    expect(ended.modelDigest).toBe(done.modelDigest.toString('hex'));
  });
});

describe('log lines', () => {
  const { LOG_LEVEL_ERROR, LOG_LEVEL_INFO } = LogLevel;
  const line = (about: LoggedLine['about'], message: string, level: LogLevel = LOG_LEVEL_INFO) => ({
    ...{ atMs: Date.now(), level, about, message },
  });
  const ofRun = (message: string) => line({ $case: 'runId', runId }, message);
  const listed = async (request: Partial<ListLogsRequest>) => {
    const { run } = cluster.clients;
    const message = ListLogsRequest.fromPartial({ runId, ...request });
    const { incoming } = openServerStream<ListLogsResponse>(() => run.listLogs(message));
    const all: ListLogsResponse[] = [];
    for await (const response of incoming) all.push(response);
    return {
      lines: all.flatMap(({ lines }) => lines.map(({ from, message }) => `${from}: ${message}`)),
      omittedCount: all.reduce((sum, { omittedCount }) => sum + omittedCount, 0),
    };
  };

  it('are taken only from workers about their own runs and teachers, within limits', async () => {
    await submit();
    const flood = teacher('flood');
    const owner = student('owner');
    await assigned(owner);
    await eventually(() => ((flood.assignment?.teachers.length ?? 0) > 0 ? true : undefined));
    const followed = listed({ follow: true, level: LOG_LEVEL_ERROR });

    await owner.send({ $case: 'logged', logged: { lines: [ofRun('training started')] } });
    const thief = student('thief');
    await eventually(() => (thief.revision > 0 ? true : undefined));
    await thief.send({ $case: 'logged', logged: { lines: [ofRun('forged')] } });
    const [wanted] = flood.assignment?.teachers ?? [];
    const { teacherIdentity = Buffer.alloc(0) } = wanted ?? {};
    const ofTeacher = (message: string, level?: LogLevel) =>
      line({ $case: 'teacherIdentity', teacherIdentity }, message, level);
    await thief.send({ $case: 'logged', logged: { lines: [ofTeacher('forged')] } });
    await flood.send({ $case: 'logged', logged: { lines: [ofRun('forged')] } });

    for (let i = 0; i < 10_000; i += 50) {
      const lines = Array.from({ length: 50 }, (_, k) => ofTeacher(`line ${i + k}`));
      await flood.send({ $case: 'logged', logged: { lines } });
    }
    const last = ofTeacher('the last one', LOG_LEVEL_ERROR);
    await flood.send({ $case: 'logged', logged: { lines: [last] } });
    await eventually(async () => {
      const { lines } = await listed({ tail: 1 });
      return lines[0] === 'flood: teacher one: the last one' ? true : undefined;
    });
    const { lines, omittedCount } = await listed({});
    expect(lines.length).toBe(2_000);
    expect(omittedCount).toBe(10_002 - 2_000);
    expect(lines[0]).toBe('owner: training started');
    expect(lines[1]).toMatch(/^flood: teacher one: line \d+$/);
    expect(lines.filter((shown) => shown.includes('forged'))).toEqual([]);
    expect((await listed({ from: 'owner' })).lines).toEqual(['owner: training started']);

    const tooMany = Array.from({ length: 65 }, () => ofRun('x'));
    await owner.send({ $case: 'logged', logged: { lines: tooMany } });
    await eventually(() => owner.sessionEnd);
    expect(owner.sessionEnd).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { run } = cluster.clients;
    await call(run, run.cancelRun, { runId });
    // A followed log ends after the run's last lines.
    expect((await followed).lines).toEqual(['flood: teacher one: the last one']);
  });
});

describe('a second process with the id of a worker', () => {
  it('is refused as a student worker while the first has a session, and gets no assignment', async () => {
    await submit('Training');
    const owner = student('s1');
    const { assignmentEpoch } = await assigned(owner);
    const second = student('s1');
    await eventually(() => second.sessionEnd);
    expect(second.sessionEnd).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('worker id s1 is in use by another process'),
    });
    expect(second.run).toBeUndefined();
    expect(owner.sessionEnd).toBeUndefined();
    const done = await forgedOutcome(assignmentEpoch, {});
    await owner.send({ $case: 'done', done });
    await inState(RunState.RUN_STATE_SUCCEEDED);
  });

  it('is refused as a teacher worker while the first has a session', async () => {
    const owner = teacher('t1');
    await eventually(() => owner.assignment);
    const second = teacher('t1');
    await eventually(() => second.sessionEnd);
    expect(second.sessionEnd).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(owner.sessionEnd).toBeUndefined();
  });

  it('takes over the session and the assignment if it has the key of the first', async () => {
    await submit('Training');
    const owner = student('s1');
    const { assignmentEpoch } = await assigned(owner);
    const again = student('s1', owner.credentials);
    await eventually(() => owner.sessionEnd);
    expect(owner.sessionEnd).toMatchObject({ code: 'ABORTED' });
    expect((await assigned(again)).assignmentEpoch).toBe(assignmentEpoch);
  });

  it('gets a new assignment once the first is gone, and the first is refused', async () => {
    await submit('Training');
    const first = student('s1');
    const { assignmentEpoch } = await assigned(first);
    first.kill();
    const second = await eventually(async () => {
      const peer = student('s1');
      const seen = await eventually(() => peer.sessionEnd ?? peer.run);
      return seen === peer.run ? peer : undefined;
    });
    expect((await assigned(second)).assignmentEpoch).toBe(assignmentEpoch + 1);
    // The former assignment is void.
    const { student: client } = cluster.clients;
    const headers = sessionHeaders(first.credentials);
    const late = call(client, client.getCheckpoints, { runId, assignmentEpoch }, { headers });
    await expect(late).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it.each([
    ['the same process goes on', true],
    ['another of the same id does not', false],
  ])('keeps the assignment over a restart only with the same key: %s', async (_, isSame) => {
    await submit('Training');
    const first = student('s1');
    const { assignmentEpoch } = await assigned(first);
    await inState(RunState.RUN_STATE_TRAINING);
    await cluster.restart();
    await eventually(() => first.sessionEnd);
    const second = await eventually(async () => {
      const peer = student('s1', isSame ? first.credentials : undefined);
      const seen = await eventually(() => peer.sessionEnd ?? peer.run);
      return seen === peer.run ? peer : undefined;
    });
    const expected = isSame ? assignmentEpoch : assignmentEpoch + 1;
    expect((await assigned(second)).assignmentEpoch).toBe(expected);
  });
});

describe('a peer without a session', () => {
  it.each([
    ['nothing', undefined],
    ['a key of its own', { workerId: 'owner', sessionKey: newSessionKey() }],
  ])(
    'gets no targets, reads no pointer, commits and stores nothing, with %s',
    async (_, credentials) => {
      await submit();
      teacher('t1');
      const owner = student('owner');
      const { assignmentEpoch } = await assigned(owner);
      await owner.receive(0, 20);
      await eventually(() => (owner.rows.length === 20 * BATCH_SIZE ? true : undefined));
      const { student: client } = cluster.clients;
      const headers = credentials === undefined ? {} : sessionHeaders(credentials);
      const assignment = { runId, assignmentEpoch };
      const pointer = call(client, client.getCheckpoints, assignment, { headers });
      await expect(pointer).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      const bytes = Buffer.from('weights of somebody else');
      const commit = commitAs(cluster, headers, { assignment, step: 9, bytes });
      await expect(commit).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      const upload = openClientStream<StoreResultRequest, StoreResultResponse>((done) =>
        client.storeResult(callMetadata(headers), done),
      );
      const header = {
        ...assignment,
        digest: digestBytes(sha256Hex(bytes)),
        sizeBytes: bytes.length,
      };
      await upload.send({ part: { $case: 'header', header } });
      await expect(upload.response).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
      const blobs = await cluster.nats.blobs({ create: false });
      expect(await blobs.has(sha256Hex(bytes))).toBe(false);
      const targets = openDuplex(() => client.receiveTargets(callMetadata(headers)));
      await targets.send({ runId, assignmentEpoch, firstStep: 0, creditStep: 60, doneStep: 0 });
      await expect(targets.incoming[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      // The owner's stream goes on.
      expect(owner.targetsEnd).toBeUndefined();
      await owner.credit(40, 20);
      await eventually(() => (owner.rows.length === 40 * BATCH_SIZE ? true : undefined));
    },
  );

  it.each([
    ['nothing', undefined, 'PERMISSION_DENIED'],
    ['the id of a worker', { workerId: 't1', sessionKey: newSessionKey() }, 'PERMISSION_DENIED'],
    ['an id of its own', { workerId: 'x', sessionKey: newSessionKey() }, 'UNAVAILABLE'],
  ])('cannot answer a ticket, with %s', async (_, credentials, code) => {
    await submit();
    const worker = teacher('t1', { answer: () => undefined });
    const owner = student('s1');
    await assigned(owner);
    await owner.receive(0, 20);
    const [taken] = await eventually(() => (worker.taken.length > 0 ? worker.taken : undefined));
    if (taken === undefined) throw new Error('nothing was taken');
    const { teacher: client } = cluster.clients;
    const headers = credentials === undefined ? {} : sessionHeaders(credentials);
    const stream = openDuplex(() => client.sendAnswers(callMetadata(headers)));
    await stream.send(worker.frameFor(taken.ticket)).catch(() => undefined);
    await expect(stream.incoming[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code });
  });
});

describe('a stream of answers', () => {
  it('ends with its session, even if its process has opened another', async () => {
    await submit();
    const worker = teacher('t-1', { silent: true });
    await assigned(student('s-1'));
    await eventually(() => (worker.taken.length > 0 ? true : undefined));
    const metadata = callMetadata(sessionHeaders(worker.credentials));
    const stream = openDuplex(() => cluster.clients.teacher.sendAnswers(metadata));
    const [first] = worker.taken;
    if (first === undefined) throw new Error('nothing was taken');
    await stream.send(worker.frameFor(first.ticket));
    const receipts = stream.incoming[Symbol.asyncIterator]();
    expect((await receipts.next()).value).toMatchObject({ wanted: true });
    const heir = teacher('t-1', { credentials: worker.credentials, silent: true });
    await expect(receipts.next()).rejects.toMatchObject({ code: 'ABORTED' });
    await eventually(() => heir.assignment);
  });
});

describe("a teacher worker that names another worker's ticket", () => {
  const forged = (frame: AnswerFrame): AnswerFrame => {
    const shape = frame.tensors[0]?.shape ?? [];
    const values = new Float32Array((shape[0] ?? 0) * CLASS_COUNT).fill(9);
    return { ...frame, tensors: [float32Tensor('logits', shape, values)] };
  };
  const malformed = (frame: AnswerFrame): AnswerFrame => {
    const shape = frame.tensors[0]?.shape ?? [];
    const values = new Float32Array((shape[0] ?? 0) * CLASS_COUNT).fill(Number.NaN);
    return { ...frame, tensors: [float32Tensor('logits', shape, values)] };
  };

  it('cannot answer it, return it or get its holder quarantined', async () => {
    await submit();
    const holder = teacher('t1', { answer: () => undefined });
    const peer = student('s1');
    await assigned(peer);
    await peer.receive(0, 60);
    const [taken] = await eventually(() => (holder.taken.length > 0 ? holder.taken : undefined));
    if (taken === undefined) throw new Error('nothing was taken');
    // The thief has a session, but answers no probe, so it gets no tickets.
    const thief = teacher('t2', { probe: () => undefined });
    await eventually(() => (thief.assignment?.teachers.length === 1 ? true : undefined));
    for (const change of [forged, malformed, malformed, malformed, malformed, malformed]) {
      await expect(thief.answer(taken.ticket, change)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }
    for (let n = 0; n < 5; n++) await thief.returnTicket(taken, 'forged', false);
    await thief.tellInference(taken.ticket.teacherIdentity, 1, 1e9);
    const { cluster: client } = cluster.clients;
    const { workers, quarantines } = await call(client, client.listWorkers, {});
    expect(quarantines).toEqual([]);
    expect(workers.find(({ workerId }) => workerId === 't1')?.ticketsInHand).toBeGreaterThan(0);
    // The holder's own late answer counts.
    const receipt = await holder.answer(taken.ticket, (frame) => frame);
    expect(receipt.wanted).toBe(true);
    expect(peer.targetsEnd).toBeUndefined();
  });
});

describe('a report of a finished training', () => {
  interface Told {
    readonly model?: Buffer;
    readonly logits?: Buffer;
  }
  it.each<[string, Told, RegExp]>([
    ['a model that is no package', { model: Buffer.from('no package') }, /model/],
    ['a model of other classes', { model: tinyModelBytes(1, 2, 5) }, /has 5 classes/],
    ['a model of other samples', { model: tinyModelBytes(1, 4) }, /takes inputs of shape \[4\]/],
    ['a data set as its model', { model: tinyDatasetBytes(3) }, /model/],
    ['logits that are none', { logits: Buffer.from('none') }, /logits/],
  ])('fails the run with %s', async (_, what, reason) => {
    await submit('Training');
    const owner = student('s1');
    const { assignmentEpoch } = await assigned(owner);
    const done = await forgedOutcome(assignmentEpoch, what);
    await owner.send({ $case: 'done', done });
    const ended = await eventually(async () => {
      const run = await cluster.run(runId);
      return run.endedAtMs > 0 ? run : undefined;
    });
    expect(ended.state).toBe(RunState.RUN_STATE_FAILED);
    expect(ended.reason).toMatch(reason);
  });

  it('fails the run at the third report of a model that is not in the store', async () => {
    await submit('Training');
    const owner = student('s1');
    const modelDigest = Buffer.alloc(32, 7);
    for (let times = 1, epoch = 0; times <= 3; times++) {
      ({ assignmentEpoch: epoch } = await assigned(owner, epoch));
      const done = await forgedOutcome(epoch, {});
      await owner.send({ $case: 'done', done: { ...done, modelDigest } });
    }
    const { reason } = await inState(RunState.RUN_STATE_FAILED);
    const missing = modelDigest.toString('hex');
    expect(reason).toBe(`blob ${missing}, which the training left, is not stored any more`);
  });
});

describe('a hello of a worker', () => {
  it.each([
    ['without a key', Buffer.alloc(0)],
    ['with a short key', Buffer.alloc(16, 1)],
    ['with a long key', Buffer.alloc(1 << 20, 1)],
  ])('is refused %s', async (_, sessionKey) => {
    for (const peer of [
      student('s1', { workerId: 's1', sessionKey }),
      teacher('t1', { credentials: { workerId: 't1', sessionKey } }),
    ]) {
      await eventually(() => peer.sessionEnd);
      expect(peer.sessionEnd).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});
