/**
 * Tests of the teacher worker as it is used: the process of dist/main.js, a real nats-server, real gRPC to
 * a stand-in for the coordinator, real models. The oracle for answers is the model itself, asked here.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { openInferenceServer } from '@lyceum/learning/open-inference';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { AddressGuard, createLogger, secretPlaces } from '@lyceum/platform';
import {
  ACK_WAIT_MS,
  connectNats,
  findNatsServer,
  type Nats,
  type NatsServer,
  startNatsServer,
  type TicketQueue,
} from '@lyceum/platform/nats';
import {
  type DatasetReference,
  digestBytes,
  digestHex,
  float32Values,
  LyceumError,
  Split,
  type TeacherAssignment,
  TICKET_STREAM,
  Ticket,
  ticketConsumer,
} from '@lyceum/proto';
import { connect } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { StandInCoordinator, type WorkerSession } from './stand-in-coordinator.js';
import {
  type Blob,
  CLASS_COUNT,
  directLogits,
  makeDataset,
  makeTeacher,
  spanInputs,
  type TestTeacher,
  teacherOf,
} from './teachers-and-set.js';
import { until } from './until.js';
import { killWorkers, startWorker, type WorkerProcess } from './worker-process.js';

const log = createLogger({ name: 'test', level: 'silent' });
const VIEW = 'v1,seed=7,shift=0.2,flip=1';
/** Longer than any test: a worker at such an inference keeps its ticket. */
const ENDLESS = ['--lookup-delay-ms', '3600000'];

/**
 * Inferences that begin and go on only when the test says so. Before each, a worker with these flags reads from a file
 * how long it takes; what is held is a pipe in the file's place, from which there is nothing to read.
 */
class HeldInferences {
  readonly flags: readonly string[];
  readonly #file: string;

  constructor(place: string) {
    this.#file = join(place, 'delays.json');
    this.flags = ['--lookup-delay-ms', '0', '--lookup-delay-file', this.#file];
    this.#toFile();
  }

  /** To call once the teachers are loaded, which takes inferences. */
  hold(): void {
    execFileSync('mkfifo', [`${this.#file}.pipe`]);
    renameSync(`${this.#file}.pipe`, this.#file);
  }

  /** Waits until an inference is held, and lets it and all later ones go on. */
  async release(): Promise<void> {
    const pipe = await open(this.#file, 'w');
    this.#toFile();
    await pipe.writeFile('{}');
    await pipe.close();
  }

  #toFile(): void {
    writeFileSync(`${this.#file}.new`, '{}');
    renameSync(`${this.#file}.new`, this.#file);
  }
}

let set: Blob;
let wide: TestTeacher;
let deep: TestTeacher;
let folder: string;
let natsServer: NatsServer;
let nats: Nats;
let queue: TicketQueue;
let coordinator: StandInCoordinator;
let revision = 1;

beforeAll(async () => {
  set = makeDataset();
  wide = await makeTeacher(1);
  deep = await makeTeacher(2);
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'teacher-worker-'));
  natsServer = await startServer(0);
  nats = await connectNats({ url: natsServer.url, name: 'test', log });
  await fillNats();
  coordinator = new StandInCoordinator();
  await coordinator.start();
});

afterEach(async () => {
  await killWorkers();
  await coordinator.stop();
  await nats.close();
  await natsServer.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterAll(() => killWorkers());

function startServer(port: number, password?: string): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('there is no nats-server; run npm run setup');
  const passwords = password && {
    coordinator: password,
    'teacher-worker': password,
    'student-worker': password,
  };
  const storeDir = join(folder, 'nats');
  return startNatsServer({ binary, storeDir, port, log, ...(passwords && { passwords }) });
}

/** Stores what the coordinator would store. */
async function fillNats(): Promise<void> {
  queue = await nats.tickets();
  await queue.ensureStream();
  const blobs = await nats.blobs({ create: true });
  for (const { bytes, identity } of [wide, deep]) {
    await blobs.put(bytes);
    await queue.ensureConsumer(identity);
  }
  await blobs.put(set.bytes);
}

function start(workerId: string, flags: readonly string[] = []): Promise<WorkerProcess> {
  return startWorker([
    ...['--worker-id', workerId, '--coordinator', coordinator.address, '--nats', natsServer.url],
    ...['--state-dir', join(folder, workerId), ...flags],
  ]);
}

/** The newest session of a worker. */
function session(workerId: string): Promise<WorkerSession> {
  return until(`a session of ${workerId}`, () =>
    coordinator.sessions.findLast((s) => s.hello.workerId === workerId && !s.ended),
  );
}

interface AssignOptions {
  readonly ticketsInHand?: number;
  readonly path?: string;
  readonly probes?: Ticket[];
  /** Further sets that the teacher is asked about. */
  readonly others?: DatasetReference[];
  /** The name that runs give to all of these teachers. */
  readonly names?: string[];
}

/** The desired state, with the next revision, that wants these teachers. */
function assignment(
  teachers: readonly TestTeacher[],
  { ticketsInHand = 2, path = '', probes = [], others = [], names = [] }: AssignOptions = {},
): TeacherAssignment {
  revision += 1;
  return {
    revision,
    ticketStream: TICKET_STREAM,
    teachers: teachers.map((teacher) => ({
      teacherIdentity: digestBytes(teacher.identity),
      modelDigest: digestBytes(teacher.digest),
      settingsJson: teacher.settingsJson,
      engine: 'tfjs-layers',
      names,
      ticketConsumer: ticketConsumer(teacher.identity),
      datasets: [{ digest: digestBytes(set.digest), path }, ...others],
      ticketsInHand,
      probes,
    })),
  };
}

/** Wants these teachers, and waits until each is loaded or has failed. */
async function assign(
  to: WorkerSession,
  teachers: readonly TestTeacher[],
  options: AssignOptions = {},
): Promise<void> {
  const wanted = assignment(teachers, options);
  await to.assign(wanted);
  await until('the assignment to be followed', () => {
    const { state } = to;
    const here = [...(state?.loaded ?? []), ...(state?.failed ?? [])].length;
    return state?.revision === wanted.revision && here === teachers.length;
  });
}

function ticket(teacher: TestTeacher, firstPosition: number, a: Partial<Ticket> = {}): Ticket {
  return Ticket.fromPartial({
    teacherIdentity: digestBytes(teacher.identity),
    datasetDigest: digestBytes(set.digest),
    split: Split.SPLIT_TRAIN,
    view: 'identity',
    order: { seed: 3, epoch: 2 },
    firstPosition,
    positionCount: 100,
    outputs: ['logits'],
    attempt: 1,
    ...a,
  });
}

async function publish(...tickets: Ticket[]): Promise<void> {
  for (const one of tickets) await queue.publish(one, 1);
}

function answer(to: Ticket): Promise<Float32Array> {
  return until('an answer', () => coordinator.answerTo(to));
}

/** Number of messages in all teachers' queues that nobody has acked. */
async function unacked(): Promise<number> {
  const connection = await connect({ servers: natsServer.url });
  try {
    const manager = await connection.jetstreamManager();
    const { state } = await manager.streams.info(TICKET_STREAM);
    // One message is the marker, which shows that the stream is not lost, and stays.
    return state.messages - 1;
  } finally {
    await connection.close();
  }
}

async function allAcked(): Promise<void> {
  await until('the queues to be empty', async () => (await unacked()) === 0);
}

it('answers as the model itself does, bit for bit, for every split, order and view', async () => {
  await start('w1');
  await assign(await session('w1'), [wide]);
  const tickets = [
    [ticket(wide, 0, { positionCount: 300 }), 'train'],
    [ticket(wide, 640, { positionCount: 60, view: VIEW, viewEpoch: 4 }), 'train'],
    [ticket(wide, 0, { split: Split.SPLIT_TEST, order: undefined, positionCount: 150 }), 'test'],
    [ticket(wide, 7, { split: Split.SPLIT_VALIDATION, positionCount: 1 }), 'validation'],
  ] as const;
  await publish(...tickets.map(([one]) => one));
  for (const [one, split] of tickets) {
    const logits = await answer(one);
    expect(logits).toHaveLength(one.positionCount * CLASS_COUNT);
    expect(logits).toEqual(await directLogits(wide, set, one, split));
  }
  await allAcked();
});

it('reports its device, its memory budget and its loaded teachers', async () => {
  await start('w1', ['--memory-budget-mib', '512']);
  const here = await session('w1');
  await assign(here, [wide, deep]);
  expect(here.hello).toMatchObject({
    workerId: 'w1',
    memoryBudgetBytes: 512 * 1024 * 1024,
    device: { engine: 'native', computeThreads: 1 },
  });
  expect(here.state?.failed).toEqual([]);
  expect(here.state?.loaded.map((teacher) => digestHex(teacher.teacherIdentity))).toEqual([
    wide.identity,
    deep.identity,
  ]);
  // 36 inputs, 20 and 20 hidden units, 5 classes.
  const parameterCount = 36 * 20 + 20 + 20 * 20 + 20 + 20 * 5 + 5;
  expect(here.state?.loaded[0]).toMatchObject({
    classCount: CLASS_COUNT,
    parameterCount,
    weightBytes: parameterCount * 4,
  });
  expect(here.state?.loaded[0]?.latencyBatch1Ms).toBeGreaterThan(0);

  await assign(here, [deep]);
  await until('the other to be unloaded', () => here.state?.loaded.length === 1);
});

it('answers each wanted attempt of a probe on its session, without a ticket', async () => {
  await start('w1');
  const here = await session('w1');
  const probe = ticket(wide, 0, { order: undefined, positionCount: 8, attempt: 2 });
  // There are tickets, which the worker must not take.
  await publish(ticket(wide, 0));
  await assign(here, [wide], { ticketsInHand: 0, probes: [probe] });
  const rounds = () => here.probed.map(({ ticket: of }) => of?.attempt);
  await until('the self-test', () => rounds().length === 2);
  const want = await directLogits(wide, set, probe, 'train');
  for (const { tensors, failure } of here.probed) {
    expect(failure).toBe('');
    expect(tensors.map(float32Values)).toEqual([want]);
  }
  expect(here.taken).toEqual([]);
  // The same assignment again changes nothing. The next wants one more answer, and now the worker takes the ticket.
  await assign(here, [wide], { ticketsInHand: 0, probes: [probe] });
  await assign(here, [wide], { ticketsInHand: 1, probes: [{ ...probe, attempt: 3 }] });
  await answer(ticket(wide, 0));
  await until('another answer', () => rounds().length === 3);
  expect(rounds()).toEqual([1, 2, 3]);
  await allAcked();
});

it('reports why it cannot answer a probe', async () => {
  await start('w1');
  const here = await session('w1');
  const probe = ticket(wide, 0, { outputs: ['hint'], attempt: 1 });
  await assign(here, [wide], { probes: [probe] });
  await until('a failure', () => here.probed.length === 1);
  expect(here.probed[0]?.tensors).toEqual([]);
  expect(here.probed[0]?.failure).toMatch(/^this teacher gives logits.*, not hint$/);
});

it('answers for two teachers on one worker, each from its own queue', async () => {
  await start('w1');
  await assign(await session('w1'), [wide, deep]);
  const tickets = [0, 100, 200, 300].flatMap((first) => [ticket(wide, first), ticket(deep, first)]);
  await publish(...tickets);
  for (const one of tickets) {
    const teacher = digestHex(one.teacherIdentity) === wide.identity ? wide : deep;
    expect(await answer(one)).toEqual(await directLogits(teacher, set, one, 'train'));
  }
  await allAcked();
});

it('acks a ticket only after the receipt, and computes the next one meanwhile', async () => {
  coordinator.holdReceipts = true;
  await start('w1');
  const here = await session('w1');
  await assign(here, [wide], { ticketsInHand: 1 });
  await publish(ticket(wide, 0), ticket(wide, 100));
  await answer(ticket(wide, 0));
  await answer(ticket(wide, 100));
  expect(here.taken.map(({ ticket: one }) => one?.firstPosition)).toEqual([0, 100]);
  expect(await unacked()).toBe(2);
  coordinator.releaseReceipts();
  await allAcked();
});

it('takes no more tickets than ticketsInHand', async () => {
  await start('w1', ENDLESS);
  const here = await session('w1');
  await assign(here, [wide], { ticketsInHand: 2 });
  await publish(ticket(wide, 0), ticket(wide, 100), ticket(wide, 200));
  await until('two tickets', () => here.taken.length >= 2);
  // Longer than it would need to take a third ticket: there and back.
  await assign(here, [wide], { ticketsInHand: 2 });
  expect(here.taken).toHaveLength(2);
  await assign(here, [wide], { ticketsInHand: 3 });
  await until('the third ticket', () => here.taken.length === 3);
  expect(here.taken.map(({ ticket: one }) => one?.firstPosition)).toEqual([0, 100, 200]);
});

it('dies with a ticket in hand, and another worker gives the same answer', async () => {
  const victim = await start('victim', ENDLESS);
  const first = await session('victim');
  await assign(first, [wide]);
  const sequence = await queue.publish(ticket(wide, 0), 1);
  await until('the ticket', () => first.taken.length > 0);
  victim.kill('SIGKILL');
  await until('the end of its session', () => first.ended);

  // The coordinator would do this.
  await queue.remove(sequence);
  const again = ticket(wide, 0, { attempt: 2 });
  await publish(again);
  await start('heir');
  await assign(await session('heir'), [wide]);
  expect(await answer(again)).toEqual(await directLogits(wide, set, again, 'train'));
  await allAcked();
});

it('finishes the tickets in its thread on SIGTERM, and returns the one that waits', async () => {
  coordinator.holdReceipts = true;
  const inferences = new HeldInferences(folder);
  const worker = await start('w1', inferences.flags);
  const here = await session('w1');
  await assign(here, [wide], { ticketsInHand: 3 });
  inferences.hold();
  await publish(ticket(wide, 0), ticket(wide, 100), ticket(wide, 200));
  await until('three tickets', () => here.taken.length === 3);
  worker.kill('SIGTERM');
  // One ticket computes, one waits in the thread.
  await until('what waits to come back', () => here.returned.length === 1);
  expect(here.ended).toBe(false);
  expect(coordinator.answers.size).toBe(0);
  await inferences.release();
  await answer(ticket(wide, 0));
  await answer(ticket(wide, 100));
  coordinator.releaseReceipts();
  expect(await worker.exited).toBe(0);
  await until('the end of its session', () => here.ended);
  expect(here.returned).toMatchObject([
    { retryable: true, reason: 'the worker is draining', ticket: ticket(wide, 200) },
  ]);
  await allAcked();
});

it('exits with code 130 at a second signal', async () => {
  const worker = await start('w1', ENDLESS);
  const here = await session('w1');
  await assign(here, [wide]);
  await publish(ticket(wide, 0));
  await until('the ticket', () => here.taken.length === 1);
  worker.kill('SIGTERM');
  await until('the drain', () => worker.logs.some((line) => line.includes('"stopping"')));
  // Sent again and again: a signal right after the first counts as the same.
  let code: number | null | undefined;
  void worker.exited.then((exitCode) => {
    code = exitCode;
  });
  await until('its end', () => {
    worker.kill('SIGTERM');
    return code !== undefined;
  });
  expect(code).toBe(130);
});

it('returns even the ticket that it computes when the drain takes too long', async () => {
  const worker = await start('w1', ENDLESS);
  const here = await session('w1');
  await assign(here, [wide]);
  await publish(ticket(wide, 0));
  await until('the ticket', () => here.taken.length === 1);
  worker.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  await until('the end of its session', () => here.ended);
  expect(here.returned).toHaveLength(1);
  await allAcked();
});

it('returns a ticket that it cannot answer, says whether others should try, and goes on', async () => {
  const wild = await makeTeacher(3, [6, 6, 1], 1e30);
  await (await nats.blobs({ create: false })).put(wild.bytes);
  await queue.ensureConsumer(wild.identity);
  await start('w1');
  const here = await session('w1');
  await assign(here, [wide, wild], { ticketsInHand: 1 });
  const nowhere = digestBytes('ab'.repeat(32));
  const bad: [Ticket, boolean, RegExp][] = [
    [ticket(wide, 690, { positionCount: 11 }), false, /positions \[690, 701\) are not in the 700/],
    [ticket(wide, 0, { view: 'upside-down' }), false, /upside-down/],
    [
      ticket(wide, 0, { outputs: ['hint', 'logits'] }),
      false,
      /gives logits, class and the features of its layers, not hint/,
    ],
    [ticket(wide, 0, { datasetDigest: nowhere }), true, /there is no blob abab/],
    [ticket(wild, 0), false, /logits is (NaN|-?Infinity) at sample \d+ of the set, value \d/],
  ];
  for (const [one, retryable, reason] of bad) {
    const before = here.returned.length;
    await publish(one);
    await until('the ticket back', () => here.returned.length > before);
    expect(here.returned[before]).toMatchObject({ ticket: one, retryable });
    expect(here.returned[before]?.reason).toMatch(reason);
  }
  await publish(ticket(wide, 0));
  await answer(ticket(wide, 0));
  await allAcked();
});

it('returns the ticket and opens another stream when the coordinator refuses an answer', async () => {
  coordinator.refuseNextAnswer = new LyceumError('INVALID_ARGUMENT', 'the frame is malformed');
  await start('w1');
  const here = await session('w1');
  await assign(here, [wide]);
  await publish(ticket(wide, 0));
  const [returned] = await until('it back', () => here.returned.length > 0 && here.returned);
  expect(returned).toMatchObject({ retryable: true });
  expect(returned?.reason).toMatch(/the answer stream ended: .*the frame is malformed/);
  await publish(ticket(wide, 0, { attempt: 2 }));
  await answer(ticket(wide, 0));
  await allAcked();
});

it('reports why teachers do not load, loads the others, and tries again', async () => {
  const broken = teacherOf(Buffer.from('no zip'));
  const other = await makeTeacher(4, [9]);
  const late = await makeTeacher(5);
  const blobs = await nats.blobs({ create: false });
  for (const { bytes } of [broken, other]) await blobs.put(bytes);
  await start('w1');
  const here = await session('w1');
  await assign(here, [broken, other, late, wide]);
  const reasons = new Map(
    here.state?.failed.map((failed) => [digestHex(failed.teacherIdentity), failed.reason]),
  );
  expect(reasons.get(broken.identity)).toMatch(/model package cannot be used/);
  expect(reasons.get(other.identity)).toMatch(/takes samples of shape \[9\].*\[6,6,1\]/);
  expect(reasons.get(late.identity)).toMatch(/there is no blob/);
  expect(here.state?.loaded).toHaveLength(1);

  // Failures that may pass are tried again.
  await blobs.put(late.bytes);
  await until('it to be loaded', () => here.state?.loaded.length === 2);
  expect(here.state?.failed).toHaveLength(2);
});

it('refuses a teacher that does not fit into its memory budget', async () => {
  const large = await makeTeacher(6, [6, 6, 1], 1, 600);
  await (await nats.blobs({ create: false })).put(large.bytes);
  await start('w1', ['--memory-budget-mib', '1']);
  const here = await session('w1');
  await assign(here, [large, wide]);
  expect(here.state?.loaded).toMatchObject([{ teacherIdentity: digestBytes(wide.identity) }]);
  expect(here.state?.failed[0]?.reason).toMatch(/need 1543220 bytes, and 10\d{5} are left/);
});

it('reports its GPU, and refuses a teacher that it cannot compute there', async () => {
  // The GPU is a stand-in, which no engine can use.
  const script = `#!/bin/sh
case "$1" in
  --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: GPU-1)" ;;
  *memory.total*) echo "GPU-1, NVIDIA L4, 580.1, 23034" ;;
  *memory.used*) echo "GPU-1, 1034, 22000" ;;
esac
`;
  writeFileSync(join(folder, 'nvidia-smi'), script);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '0');
  try {
    await start('w1', ['--determinism', 'fast']);
  } finally {
    vi.unstubAllEnvs();
  }
  const here = await session('w1');
  expect(here.hello).toMatchObject({
    device: {
      device: 'NVIDIA L4',
      gpu: { driver: '580.1', memoryBytes: 23_034 * 2 ** 20, precision: 'tf32', uuid: 'GPU-1' },
      bitsMayDiffer: true,
    },
    gpuMemoryBudgetBytes: 22_000 * 2 ** 20,
  });
  await assign(here, [wide]);
  expect(here.state?.loaded).toEqual([]);
  expect(here.state?.failed).toMatchObject([
    { permanent: true, reason: expect.stringMatching(/^NVIDIA L4 cannot compute it: TensorFlow/) },
  ]);
});

it('reads a set from a mounted folder, and refuses one with other bytes', async () => {
  await (await nats.blobs({ create: false })).delete(set.digest);
  const mounted = join(folder, 'set.npz');
  writeFileSync(mounted, set.bytes);
  await start('w1', ['--datasets-root', folder]);
  const here = await session('w1');
  await assign(here, [wide], { path: mounted });
  await publish(ticket(wide, 0));
  expect(await answer(ticket(wide, 0))).toHaveLength(100 * CLASS_COUNT);

  writeFileSync(mounted, 'something else');
  await start('w2', ['--datasets-root', folder]);
  const there = await session('w2');
  await assign(there, [wide], { path: mounted });
  expect(there.state?.failed[0]?.reason).toContain(`at ${mounted} below the datasets root`);
});

it('loads a teacher although it cannot read a set, and reports that to a probe on the set', async () => {
  // The worker has no folder of mounted sets: waiting does not bring the set.
  await start('w1');
  const here = await session('w1');
  const other = { digest: digestBytes('a'.repeat(64)), path: '/sets/other.npz' };
  const order = { order: undefined, positionCount: 8, attempt: 2 };
  const own = ticket(wide, 0, order);
  const lacking = ticket(wide, 0, { ...order, datasetDigest: other.digest });
  await assign(here, [wide], { others: [other], probes: [own, lacking] });
  expect(here.state?.failed).toEqual([]);
  const of = (probe: Ticket) =>
    here.probed.filter(({ ticket: asked }) => asked?.datasetDigest.equals(probe.datasetDigest));
  await until('all probes', () => of(own).length === 2 && of(lacking).length > 0);
  // Reported once, for both wanted answers.
  expect(of(lacking)).toMatchObject([{ unreadable: true, tensors: [], ticket: { attempt: 2 } }]);
  expect(of(lacking)[0]?.failure).toMatch(/^data sets by path are not allowed here/);
  expect(of(own).map(({ failure }) => failure)).toEqual(['', '']);
});

it('goes on when NATS comes back with an empty store', async () => {
  await start('w1');
  const here = await session('w1');
  await assign(here, [wide]);
  await publish(ticket(wide, 0));
  await answer(ticket(wide, 0));

  await natsServer.stop();
  rmSync(join(folder, 'nats'), { recursive: true });
  natsServer = await startServer(Number(new URL(natsServer.url).port));
  await until('this end of the connection', () => nats.connected);
  await fillNats();
  await assign(here, [wide]);
  await publish(ticket(wide, 100));
  expect(await answer(ticket(wide, 100))).toHaveLength(100 * CLASS_COUNT);
  await allAcked();
});

it('goes on when its consumer is deleted and created again', async () => {
  const worker = await start('w1');
  await assign(await session('w1'), [wide]);
  await queue.deleteConsumer(wide.identity);
  await until('it to be missed', () =>
    worker.logs.some((line) => line.includes('tickets cannot be pulled')),
  );
  await queue.ensureConsumer(wide.identity);
  await publish(ticket(wide, 0));
  await answer(ticket(wide, 0));
  await allAcked();
});

it('releases its ticket when the coordinator stops, and takes it again after the restart', async () => {
  const inferences = new HeldInferences(folder);
  const worker = await start('w1', inferences.flags);
  const before = await session('w1');
  await assign(before, [wide]);
  inferences.hold();
  await publish(ticket(wide, 0));
  await until('the ticket', () => before.taken.length === 1);
  const takenMs = performance.now();

  const port = Number(coordinator.address.split(':')[1]);
  await coordinator.stop();
  await until('it to be noticed', () => worker.logs.some((line) => line.includes('released')));
  expect((await readiness(worker)).status).toBe(503);
  coordinator.greeting = assignment([wide]);
  await coordinator.start(port);
  const after = await session('w1');
  // Nobody acked the ticket, so it comes again; the teacher is still loaded.
  await until('the ticket again', () => after.taken.length === 1);
  expect(after.taken).toEqual(before.taken);
  expect(performance.now() - takenMs, 'released, not left to its lease').toBeLessThan(ACK_WAIT_MS);
  await inferences.release();
  await answer(ticket(wide, 0));
  expect(worker.logs.filter((line) => line.includes('teacher loaded'))).toHaveLength(1);
  await allAcked();
});

it.each([
  ['PERMISSION_DENIED', 5],
  ['INVALID_ARGUMENT', 2],
] as const)(
  'exits with an error when the coordinator refuses its session with %s',
  async (code, exit) => {
    coordinator.refuseSessions = new LyceumError(code, 'the certificate is not of w1');
    const worker = await start('w1');
    expect(await worker.exited).toBe(exit);
    const err = { message: 'the coordinator refuses this worker: the certificate is not of w1' };
    expect(failureOf(worker)).toMatchObject({ workerId: 'w1', err });
  },
);

it('returns its tickets and exits with code 4 when NATS no longer accepts its password', async () => {
  const password = 'the-first-password';
  await nats.close();
  await natsServer.stop();
  natsServer = await startServer(0, password);
  const { url } = natsServer;
  const credentials = { user: 'coordinator', password };
  nats = await connectNats({ url, name: 'test', log, credentials });
  await fillNats();
  const file = join(folder, 'credentials.json');
  writeFileSync(file, JSON.stringify({ user: 'teacher-worker', password }));
  const inferences = new HeldInferences(folder);
  const worker = await start('w1', ['--nats-credentials', file, ...inferences.flags]);
  const here = await session('w1');
  await assign(here, [wide], { ticketsInHand: 3 });
  inferences.hold();
  await publish(ticket(wide, 0), ticket(wide, 100), ticket(wide, 200));
  await until('three tickets', () => here.taken.length === 3);
  await natsServer.stop();
  natsServer = await startServer(Number(new URL(url).port), 'another-password');
  await until('the drain', async () => (await readiness(worker)).status === 503);
  expect(await (await readiness(worker)).text()).toBe('stopping\n');
  expect(coordinator.answers.size).toBe(0);
  await inferences.release();
  expect(await worker.exited).toBe(4);
  expect(failureOf(worker)).toMatchObject({ err: { message: 'the NATS connection was closed' } });
  await until('the end of its session', () => here.ended);
  expect(here.returned.length).toBeGreaterThan(0);
  expect(here.returned.length + coordinator.answers.size).toBe(3);
});

it('is ready once it has a session, and counts tickets and samples in /metrics', async () => {
  const worker = await start('w1');
  const here = await session('w1');
  await assign(here, [wide]);
  expect((await readiness(worker)).status).toBe(200);
  expect(await metricsOf(worker)).toContain('lyceum_teacher_session_open 1');
  await publish(ticket(wide, 0), ticket(wide, 100, { positionCount: 30 }));
  await answer(ticket(wide, 100, { positionCount: 30 }));
  await allAcked();
  const metrics = await metricsOf(worker);
  expect(metrics).toContain('lyceum_teacher_tickets_answered_total 2');
  expect(metrics).toMatch(/lyceum_teacher_samples_inferred_total\{teacher="[0-9a-f]{12}"\} 130/);
  expect(metrics).toContain('lyceum_teacher_tickets_in_hand 0');
  expect(metrics).toMatch(
    /lyceum_teacher_inference_seconds_total\{teacher="[0-9a-f]{12}"\} [\d.e-]*[1-9]/,
  );
  // The first measurement comes at once; those within a second after it wait.
  const [measured] = await until('a measurement', () => here.measured.length > 0 && here.measured);
  expect(measured?.sampleCount).toBeGreaterThan(0);
  expect(measured?.inferenceSeconds).toBeGreaterThan(0);
  expect(digestHex(measured?.teacherIdentity ?? Buffer.alloc(32))).toBe(wide.identity);
});

it('serves its teachers by identity and by the names of runs, with the bits of its answers', async () => {
  const worker = await start('w1', [
    ...['--inference', '127.0.0.1:0', '--inference-http', '127.0.0.1:0'],
  ]);
  const here = await session('w1');
  const inferred = async (url: string, model: string) => {
    const server = openInferenceServer(checkInferenceDescription({ url, model }, 'test'), {
      secrets: secretPlaces(undefined, {}, 'nowhere'),
      addresses: new AddressGuard(['127.0.0.1']),
    });
    try {
      const values = spanInputs(set, ticket(wide, 0), 'train');
      const input = { name: 'input', datatype: 'FP32', shape: [100, 6, 6, 1], values } as const;
      const request = { id: '1', inputs: [input], output: 'logits' };
      const best = await server.bestClasses(request, 1);
      // The run's settings do not name the classes; the package does.
      expect(best[0]).toMatch(/^-?[\d.]+:\d:[a-e]$/);
      return (await server.infer(request)).values;
    } finally {
      server.close();
    }
  };
  const urls = [`grpc://${worker.inference}`, `http://${worker.inferenceHttp}`];
  for (const url of urls) {
    const asked = inferred(url, 'tall');
    await expect(asked).rejects.toThrow(
      url.startsWith('grpc')
        ? 'there is no model tall here; there is none'
        : /^answers HTTP 404 to POST \/v2\/models\/\w+\/infer, \d+ bytes$/,
    );
  }
  await assign(here, [wide], { names: ['tall', 'thin'] });
  const direct = await directLogits(wide, set, ticket(wide, 0), 'train');
  for (const url of urls) {
    expect(await inferred(url, 'tall')).toEqual(direct);
    expect(await inferred(url, wide.identity)).toEqual(direct);
    await expect(inferred(url, 'short')).rejects.toThrow(
      url.startsWith('grpc')
        ? 'there is tall, thin'
        : /^answers HTTP 404 to POST \/v2\/models\/\w+\/infer, \d+ bytes$/,
    );
  }
  // A name that two teachers have finds neither.
  await assign(here, [wide, deep], { names: ['tall'] });
  for (const url of urls) {
    await expect(inferred(url, 'tall')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  const ready = async () => (await fetch(`http://${worker.inferenceHttp}/v2/health/ready`)).status;
  expect(await ready()).toBe(200);
  await coordinator.stop();
  await until('it to be unready', async () => (await ready()) === 400);
});

it('looks answers up with --lookup-delay-ms, which is the time of each inference', async () => {
  const worker = await start('w1', ['--lookup-delay-ms', '40']);
  const here = await session('w1');
  await assign(here, [wide], { ticketsInHand: 4 });
  expect(here.hello.device?.engine).toBe('lookup');
  expect(here.state?.loaded[0]?.latencyBatch1Ms).toBe(40);
  const tickets = [0, 300].map((first) => ticket(wide, first, { positionCount: 300 }));
  await publish(...tickets);
  for (const one of tickets) {
    const logits = await answer(one);
    const direct = [...(await directLogits(wide, set, one, 'train'))];
    expect([...logits]).toEqual(direct.map((value) => expect.closeTo(value, 5) as number));
  }
  // Two tickets of three inferences each; a timer may be a millisecond early.
  const seconds = /inference_seconds_total\{\S+\} ([\d.]+)/.exec(await metricsOf(worker))?.[1];
  expect(Number(seconds)).toBeGreaterThan(6 * 0.039);
});

/** The error with which the worker said that it cannot go on. */
function failureOf(worker: WorkerProcess): object | undefined {
  const line = worker.logs.find((one) => one.includes('"msg":"worker failed"'));
  return line === undefined ? undefined : (JSON.parse(line) as object);
}

async function metricsOf(worker: WorkerProcess): Promise<string> {
  return (await fetch(`http://${worker.http}/metrics`)).text();
}

function readiness(worker: WorkerProcess): Promise<Response> {
  return fetch(`http://${worker.http}/readyz`);
}
