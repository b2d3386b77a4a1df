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
/** Number of the test: each has a data set, a teacher and a run of its own. */
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

/** Ids of workers are those of their tests: a quarantine is by id. */
const teacher = (name: string, options: Partial<TeacherPeerOptions> = {}) =>
  peers.teacher({ workerId: `${name}-${turn}`, dataset, ...options });
const student = (workerId: string) => peers.student(workerId);

const assigned = (peer: StudentPeer, afterEpoch = 0) => assignedRun(peer, runId, afterEpoch);

/** The ids without the test's number, with the reasons. */
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

/** Serves: the self-test is behind it. */
async function tested(peer: TeacherPeer): Promise<void> {
  await eventually(() => (peer.assignment?.teachers[0]?.ticketsInHand ?? 0) > 0 || undefined);
}

/** Targets may come before the receipt of the answers that they are made of. */
async function answered(peer: TeacherPeer): Promise<void> {
  await eventually(() => peer.receipts.length > 0 || undefined);
}

it('a replica that says something else gets no ticket, is shown with its reason, and is released', async () => {
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

it('a replica that begins to answer NaN in the middle is found, and another does its tickets', async () => {
  const submitted = await submit();
  const peer = student('s1');
  let answers = 0;
  const isBroken = () => answers >= 1;
  let isGoodThere = false;
  const bad: TeacherPeer = teacher('bad', {
    probe: async (values) => {
      if (!isBroken()) return values;
      // Its answer comes first, and another replica is there.
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
  // Only then may the other take tickets.
  await eventually(() => bad.refusals.length > 0 || undefined);
  const good = teacher('good');
  await tested(good);
  isGoodThere = true;
  // What it answered rightly is dropped too: no canary came after it. No target was made of it yet.
  expect(await quarantined('bad')).toBe('it does not answer its probe: logits row 0 holds NaN');
  await eventually(async () => (await eventsOf('answers-dropped')).length > 0 || undefined);
  await drain(peer, STEP_COUNT);
  expectTargets(peer, submitted);
  expect(bad.refusals.length).toBeGreaterThan(0);
  await answered(good);
  expect((await cluster.run(runId)).state).toBe(RunState.RUN_STATE_TRAINING);
});

it('without a healthy replica the run is paused, and goes on with a worker that is', async () => {
  const submitted = await submit();
  const peer = student('s1');
  const first = teacher('first', { answer: firstSpanOnly });
  await tested(first);
  await assigned(peer);
  await peer.receive(0, 0);
  await peer.credit(10, 0);
  await eventually(() => peer.rows.length >= 10 * BATCH_SIZE || undefined);
  // Its self-test proves what the first answered; its first ticket breaks it.
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

  // A successor knows it still.
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

it('strict: a replica with other bits is given no tickets; relaxed: it is, and the run says so', async () => {
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

/** What a teacher says to its probe. */
function saying(row: (sample: number) => number[]): Pick<TeacherPeerOptions, 'probe'> {
  return { probe: (_values, _round, ticket) => samplesOf(dataset, ticket).flatMap(row) };
}

const right = (sample: number) =>
  [0, 1, 2].map((c) => (c === dataset.labels[sample] ? 2 : sample / 10_000));

/** How the run ends, or that it trains. */
async function startedOrEnded(id: string) {
  return eventually(async () => {
    const { state, reason, warnings, endedAtMs } = await cluster.run(id);
    const trains = state === RunState.RUN_STATE_TRAINING;
    return trains || endedAtMs > 0 ? { state, reason, warnings } : undefined;
  });
}

/** The student asks for targets if it is told of the run: its teacher may have ended that before. */
async function asks(peer: StudentPeer): Promise<void> {
  const isTold = await eventually(async () => {
    if (peer.run?.runId === runId) return 'told';
    return (await cluster.run(runId)).endedAtMs > 0 ? 'ended' : undefined;
  });
  if (isTold === 'told') await peer.receive(0, 0);
}

const UNNAMED = { accept: undefined };

it('a teacher that knows is shown with what it knows', async () => {
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

it('a teacher that says the same of everything is refused before it trains, unless the run accepts it by name', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  const bad = teacher(
    'bad',
    saying(() => [1, 2, 3]),
  );
  await asks(peer);
  const warning = 'teacher one says the same of all 100 samples of its probe';
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
  const accepted = `${warning}, and spec.teacherHealth.accept takes it all the same`;
  await eventually(async () => (await cluster.run(runId)).warnings.includes(accepted) || undefined);
  expect(await eventsOf('teacher-warning')).toEqual([accepted]);
  await drain(peer, 10);
});

it('a teacher whose classes are in another order is refused, with the order that it seems to have', async () => {
  await submit({ teacherHealth: UNNAMED });
  const peer = student('s1');
  // It says b of a, c of b and a of c.
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

it('logits that are distributions are a warning', async () => {
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
      'teacher one gives distributions for logits, rows from 0 to 1 of sum 1: say {"output": "probabilities"} in its settings, or {"logitsConfirmed": true} if they are logits',
    ],
  });
});
