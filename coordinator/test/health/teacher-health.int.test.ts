import { call, openServerStream } from '@lyceum/platform';
import { type AnswerFrame, float32Tensor, type Run, RunState } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { assigned as assignedRun, expectTargets, Peers, submitRun } from '../serve/peers.js';
import { drain, type StudentPeer } from '../serve/student-peer.js';
import {
  firstSpanOnly,
  samplesOf,
  type TeacherPeer,
  type TeacherPeerOptions,
} from '../serve/teacher-peer.js';
import { eventually, TestCoordinator } from '../serve/test-coordinator.js';
import {
  BATCH_SIZE,
  CLASS_COUNT,
  STEP_COUNT,
  tinyDataset,
  tinyDatasetBytes,
  tinyModelBytes,
} from '../serve/tiny-artifacts.js';

const dataset = tinyDataset();

let cluster: TestCoordinator;
/** Number of the test. Each test has its own data set, teacher and run. */
let turn = 0;
let runId = '';
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start(300);
  peers = new Peers(cluster);
});

afterAll(() => cluster.stop());

beforeEach(async () => {
  turn++;
  runId = `health-${turn}`;
  await cluster.push('dataset', `tiny-${turn}`, tinyDatasetBytes(turn));
  await cluster.push('model', `model-${turn}`, tinyModelBytes(turn));
});

afterEach(() => peers.end());

const submit = (changes: Record<string, unknown> = {}): Promise<Run> =>
  submitRun(cluster, {
    name: runId,
    spec: {
      dataset: `tiny-${turn}`,
      teachers: [{ name: 'one', model: `model-${turn}` }],
      answers: { codec: 'float32' },
      ...changes,
    },
  });

/** Worker ids hold the test's number, because a quarantine is by worker id. */
const teacher = (name: string, options: Partial<TeacherPeerOptions> = {}) =>
  peers.teacher({ workerId: `${name}-${turn}`, dataset, ...options });
const student = (workerId: string) => peers.student(workerId);

const assigned = (peer: StudentPeer, afterEpoch = 0) => assignedRun(peer, runId, afterEpoch);

/** Reasons by worker id without the test's number. */
async function quarantines(): Promise<Record<string, string>> {
  const { cluster: client } = cluster.clients;
  const { quarantines } = await call(client, client.listWorkers, {});
  const own = quarantines.filter(({ workerId }) => workerId.endsWith(`-${turn}`));
  return Object.fromEntries(
    own.map(({ workerId, reason }) => [workerId.slice(0, workerId.lastIndexOf('-')), reason]),
  );
}

async function quarantined(name: string): Promise<string> {
  return eventually(async () => (await quarantines())[name]);
}

async function release(name: string): Promise<void> {
  const { cluster: client } = cluster.clients;
  await call(client, client.releaseWorker, { workerId: `${name}-${turn}`, teacher: 'one' });
}

async function eventsOf(kind: string): Promise<string[]> {
  const { run } = cluster.clients;
  const messages: string[] = [];
  for await (const { event } of openServerStream(() => run.listEvents({ runId, follow: false }))
    .incoming) {
    if (event?.kind === kind) messages.push(event.message);
  }
  return messages;
}

function nanFrame(frame: AnswerFrame): AnswerFrame {
  const [{ shape } = { shape: [] }] = frame.tensors;
  const values = new Float32Array((shape[0] ?? 0) * CLASS_COUNT).fill(Number.NaN);
  return { ...frame, tensors: [float32Tensor('logits', shape, values)] };
}

const nan = (values: number[]) => values.map(() => Number.NaN);
const shifted = (values: number[]) => values.map((value) => value + 1);
const lastBit = (values: number[]) => values.map((value) => value + 2 ** -23);

/** Waits until the teacher has a ticket in hand, which is after its self-test. */
async function tested(peer: TeacherPeer): Promise<void> {
  await eventually(() => (peer.assignment?.teachers[0]?.ticketsInHand ?? 0) > 0 || undefined);
}

/** Waits for a receipt: targets may come before the receipt of their answers. */
async function answered(peer: TeacherPeer): Promise<void> {
  await eventually(() => peer.receipts.length > 0 || undefined);
}

it('a replica with wrong probe answers is quarantined without a ticket, and serves after its release', async () => {
  const submitted = await submit();
  const peer = student('s1');
  const good = teacher('good');
  await tested(good);
  await assigned(peer);
  let isMended = false;
  const bad = teacher('bad', { probe: (values) => (isMended ? values : shifted(values)) });
  expect(await quarantined('bad')).toBe(
    `its answers to the probe differ from those of good-${turn} by up to 1.0, and 0.040 is tolerated`,
  );
  await peer.receive(0, 0);
  await drain(peer, STEP_COUNT);
  expectTargets(peer, submitted);
  expect(bad.taken).toEqual([]);
  const message = `bad-${turn} is quarantined with teacher one: ${await quarantined('bad')}`;
  expect(await eventsOf('worker-quarantined')).toEqual([message]);
  expect((await cluster.run(runId)).warnings).toContain(message);
  const metrics = await (await fetch(`http://${cluster.http}/metrics`)).text();
  expect(metrics).toMatch(/^lyceum_quarantines [1-9]/m);

  isMended = true;
  await release('bad');
  await tested(bad);
  expect(await quarantines()).toEqual({});
  await expect(release('bad')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('a replica that begins to answer NaN is quarantined, and another replica does its tickets', async () => {
  const submitted = await submit();
  const peer = student('s1');
  let answers = 0;
  const isBroken = () => answers >= 1;
  let isGoodThere = false;
  const bad: TeacherPeer = teacher('bad', {
    probe: async (values) => {
      if (!isBroken()) return values;
      // First its bad answer is refused and another replica is there.
      await eventually(() => (bad.refusals.length > 0 && isGoodThere) || undefined);
      return nan(values);
    },
    answer: (frame) => {
      if (isBroken()) return nanFrame(frame);
      answers++;
      return frame;
    },
  });
  await tested(bad);
  await assigned(peer);
  await peer.receive(0, 0);
  // Only then the other replica may take tickets.
  await eventually(() => bad.refusals.length > 0 || undefined);
  const good = teacher('good');
  await tested(good);
  isGoodThere = true;
  // Its right answers are dropped too: no canary came after them, and no target was made of them yet.
  expect(await quarantined('bad')).toBe('it does not answer its probe: logits row 0 holds NaN');
  await eventually(async () => (await eventsOf('answers-dropped')).length > 0 || undefined);
  await drain(peer, STEP_COUNT);
  expectTargets(peer, submitted);
  expect(bad.refusals.length).toBeGreaterThan(0);
  await answered(good);
  expect((await cluster.run(runId)).state).toBe(RunState.RUN_STATE_TRAINING);
});

it('a run without a healthy replica is paused, and goes on with a healthy worker', async () => {
  const submitted = await submit();
  const peer = student('s1');
  const first = teacher('first', { answer: firstSpanOnly });
  await tested(first);
  await assigned(peer);
  await peer.receive(0, 0);
  await peer.credit(10, 0);
  await eventually(() => peer.rows.length >= 10 * BATCH_SIZE || undefined);
  // The self-test of this replica proves the answers of the first; its own first ticket breaks it.
  let isBroken = false;
  teacher('bad', {
    probe: (values) => (isBroken ? nan(values) : values),
    answer: (frame) => {
      isBroken = true;
      return nanFrame(frame);
    },
  });
  first.kill();
  const reason = `teacher one is quarantined on every worker (bad-${turn}: it does not answer its probe: logits row 0 holds NaN); see coordinator workers`;
  await eventually(async () => (await cluster.run(runId)).reason === reason || undefined);
  expect((await cluster.run(runId)).state).toBe(RunState.RUN_STATE_PAUSED);

  // The next coordinator still knows the quarantine.
  await cluster.restart();
  const { run: client } = cluster.clients;
  await call(client, client.resumeRun, { runId, acceptNumerics: false });
  const waiting = 'teacher one has no healthy worker: it is quarantined on all that are connected';
  const again = teacher('bad', { probe: (values) => values });
  const heir = student('s2');
  await eventually(async () => (await cluster.run(runId)).reason === waiting || undefined);
  expect(again.taken).toEqual([]);

  const good = teacher('good');
  await assigned(heir, 1);
  await heir.receive(0, 0);
  await drain(heir, STEP_COUNT);
  expectTargets(heir, submitted);
  await answered(good);
});

it('a replica with other bits gets no tickets of a strict run, and is a warning of a relaxed run', async () => {
  await submit({ determinism: 'strict' });
  const peer = student('s1');
  const first = teacher('first');
  await tested(first);
  await assigned(peer);
  const other = teacher('other', { probe: lastBit });
  const note = `teacher one on other-${turn}: its answers to the probe differ from those of first-${turn} by up to 1.2e-7, and 0.040 is tolerated`;
  await eventually(async () => (await eventsOf('replica-differs')).includes(note) || undefined);
  await peer.receive(0, 0);
  await drain(peer, 30);
  expect(other.taken).toEqual([]);
  first.kill();
  const bar = `teacher one has no healthy worker (other-${turn} gives other bits, and determinism is strict)`;
  await eventually(async () => (await cluster.run(runId)).reason === bar || undefined);
  const { run: client } = cluster.clients;
  await call(client, client.cancelRun, { runId });
  await eventually(async () => (await cluster.run(runId)).endedAtMs > 0 || undefined);

  runId = `${runId}-relaxed`;
  await submit({ determinism: 'relaxed' });
  teacher('third');
  await tested(other);
  await eventually(async () => (await eventsOf('replica-differs')).length > 0 || undefined);
  expect((await cluster.run(runId)).warnings).toContainEqual(
    expect.stringMatching(/differ from those of .* by up to 1\.2e-7, and 0\.040 is tolerated$/),
  );
});

/** A teacher's answers to its probe. */
function saying(row: (sample: number) => number[]): Pick<TeacherPeerOptions, 'probe'> {
  return { probe: (_values, _round, ticket) => samplesOf(dataset, ticket).flatMap(row) };
}

const right = (sample: number) =>
  [0, 1, 2].map((c) => (c === dataset.labels[sample] ? 2 : sample / 10_000));

/** The run's state once it trains or has ended. */
async function startedOrEnded(id: string) {
  return eventually(async () => {
    const { state, reason, warnings, endedAtMs } = await cluster.run(id);
    const trains = state === RunState.RUN_STATE_TRAINING;
    return trains || endedAtMs > 0 ? { state, reason, warnings } : undefined;
  });
}

/** The student asks for targets if it is assigned the run before the teacher's probe ends the run. */
async function asks(peer: StudentPeer): Promise<void> {
  const isTold = await eventually(async () => {
    if (peer.run?.runId === runId) return 'told';
    return (await cluster.run(runId)).endedAtMs > 0 ? 'ended' : undefined;
  });
  if (isTold === 'told') await peer.receive(0, 0);
}

const UNNAMED = { accept: undefined };

it('a good teacher gives no warning, and an event has its accuracy and entropy on the probe', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  const good = teacher('good', saying(right));
  await tested(good);
  await assigned(peer);
  await peer.receive(0, 0);
  expect(await startedOrEnded(runId)).toMatchObject({
    state: RunState.RUN_STATE_TRAINING,
    warnings: [],
  });
  expect(await eventsOf('teacher-judged')).toEqual([
    expect.stringMatching(
      /^teacher one on its probe: right on 100 of 100, mean entropy 0\.\d+ nats$/,
    ),
  ]);
});

it('a teacher with equal answers to all samples fails the run, unless the run accepts the teacher', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  const bad = teacher(
    'bad',
    saying(() => [1, 2, 3]),
  );
  await asks(peer);
  const warning = 'teacher one gives the same answer to all 100 samples of its probe';
  expect(await startedOrEnded(runId)).toMatchObject({
    state: RunState.RUN_STATE_FAILED,
    reason: `${warning}; to train with it all the same, spec.teacherHealth.accept: [one]`,
  });
  expect(await eventsOf('teacher-warning')).toEqual([warning]);
  expect(peer.rows).toEqual([]);

  runId = `${runId}-accepted`;
  await submit();
  await tested(bad);
  await assigned(peer);
  await peer.receive(0, 0);
  const accepted = `${warning}, and spec.teacherHealth.accept accepts it all the same`;
  await eventually(async () => (await cluster.run(runId)).warnings.includes(accepted) || undefined);
  expect(await eventsOf('teacher-warning')).toEqual([accepted]);
  await drain(peer, 10);
});

it('a teacher with its classes in another order fails the run, and the reason names that order', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  // It answers b for a, c for b and a for c.
  teacher(
    'turned',
    saying((sample) => right(sample).map((_, c) => right(sample)[(c + 2) % 3] as number)),
  );
  await asks(peer);
  expect(await startedOrEnded(runId)).toMatchObject({
    state: RunState.RUN_STATE_FAILED,
    reason:
      'teacher one is no better than chance: right on 0 of 100 labelled samples of its probe; teacher one seems to have its classes in another order: it would be right on 100 of 100 and not on 0, if it meant c by a, a by b, b by c; coordinator models check finds the order, and classes in its settings say it; to train with it all the same, spec.teacherHealth.accept: [one]',
  });
});

it('a teacher whose logits are distributions gives a warning, and the run trains', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  teacher(
    'soft',
    saying((sample) => [0, 1, 2].map((c) => (c === dataset.labels[sample] ? 0.8 : 0.1))),
  );
  await assigned(peer);
  await peer.receive(0, 0);
  expect(await startedOrEnded(runId)).toMatchObject({
    state: RunState.RUN_STATE_TRAINING,
    warnings: [
      'teacher one gives logits that look like probabilities, rows from 0 to 1 of sum 1: say {"output": "probabilities"} in its settings, or {"logitsConfirmed": true} if they are logits',
    ],
  });
});
