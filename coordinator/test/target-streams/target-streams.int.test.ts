// Targets for students elsewhere, over real gRPC from a real coordinator. Its teachers' answers are known in advance.
// A stream must have the bits of the targets that the run's own student gets.

import { CoordinatorClient, type TargetsRequest } from '@lyceum/cli/client';
import { encodeDataset, SPLIT_NUMBERS } from '@lyceum/learning/datasets';
import { pool } from '@lyceum/learning/ensemble';
import { labelledMask } from '@lyceum/learning/orders';
import { views } from '@lyceum/learning/specification';
import { viewAt, writeHardLabels } from '@lyceum/learning/views';
import {
  digestBytes,
  float32Values,
  type Run,
  Split,
  type TargetBatch,
  type TargetOutline,
} from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Peers } from '../serve/peers.js';
import type { ReceivedRow } from '../serve/student-peer.js';
import { logitsOf } from '../serve/teacher-peer.js';
import { eventually, TestCoordinator } from '../serve/test-coordinator.js';
import { CLASS_COUNT, TRAIN_COUNT, tinyDataset, tinyModelBytes } from '../serve/tiny-artifacts.js';

/** The last batch of an epoch is shorter. */
const BATCH_SIZE = 280;
const STEPS_PER_EPOCH = 24;
const EPOCHS = 2;
const STEP_COUNT = EPOCHS * STEPS_PER_EPOCH;
const { SPLIT_VALIDATION } = Split;

let cluster: TestCoordinator;
let client: CoordinatorClient;
/** Number of the test. Each test has its own data set and run. */
let turn = 0;
let runId = '';
let dataset = tinyDataset();
let peers: Peers;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
  client = new CoordinatorClient(cluster.address);
  await cluster.push('model', 'first', tinyModelBytes(0.25));
  await cluster.push('model', 'second', tinyModelBytes(0.5));
});
afterAll(async () => {
  client.close();
  await cluster.stop();
});
beforeEach(async () => {
  turn++;
  runId = `elsewhere-${turn}`;
  dataset = { ...tinyDataset(), inputs: tinyDataset().inputs.map((value) => value + turn) };
  await cluster.push('dataset', `tiny-${turn}`, encodeDataset(dataset));
});
afterEach(() => peers.end());

async function submit(changes: Record<string, unknown> = {}): Promise<Run> {
  const { run } = await client.submitRun(
    JSON.stringify({
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: runId },
      spec: {
        dataset: `tiny-${turn}`,
        teachers: [
          { name: 'one', model: 'first' },
          { name: 'two', model: 'second', weight: 3 },
        ],
        student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
        // The peers' answers have nothing to do with labels.
        teacherHealth: { atChance: 'warn' },
        training: { batchSize: BATCH_SIZE, epochs: EPOCHS, seed: 5 },
        ...changes,
      },
    }),
  );
  return run;
}

const teacher = (workerId: string) => peers.teacher({ workerId, dataset });

/** The rows that the run's own student gets. */
async function studentRows(): Promise<ReceivedRow[]> {
  const peer = peers.student('own');
  await eventually(() => peer.run);
  await peer.receive(0, 0);
  const count = EPOCHS * TRAIN_COUNT;
  const doneStep = () => {
    const { epoch = 0, position = -1 } = peer.rows.at(-1) ?? {};
    const end = position + 1;
    const inEpoch = end === TRAIN_COUNT ? STEPS_PER_EPOCH : Math.floor(end / BATCH_SIZE);
    return epoch * STEPS_PER_EPOCH + inEpoch;
  };
  await eventually(async () => {
    await peer.credit(STEP_COUNT, doneStep());
    return peer.rows.length === count ? true : undefined;
  });
  return peer.rows;
}

interface Streamed {
  readonly outline: TargetOutline;
  readonly batches: TargetBatch[];
  readonly waiting: string[];
}

async function streamed(
  request: Partial<TargetsRequest> = {},
  seen: (part: string, batchCount: number) => void | Promise<void> = () => {},
): Promise<Streamed> {
  let outline: TargetOutline | undefined;
  const batches: TargetBatch[] = [];
  const waiting: string[] = [];
  for await (const part of client.streamTargets({ runId, ...request })) {
    if (part.$case === 'outline') outline = part.outline;
    else if (part.$case === 'waiting') waiting.push(part.waiting);
    else batches.push(part.batch);
    await seen(part.$case, batches.length);
  }
  if (outline === undefined) throw new Error('no outline');
  return { outline, batches, waiting };
}

/** The rows of one tensor, as a student receives them. */
function rowsOf(batches: readonly TargetBatch[], tensor = 0): ReceivedRow[] {
  return batches.flatMap(({ epoch, firstPosition, samples, tensors }) => {
    const own = tensors[tensor];
    if (own === undefined) throw new Error(`no tensor ${tensor}`);
    const values = float32Values(own);
    const length = values.length / samples.length;
    return samples.map((_, row) => ({
      epoch,
      position: firstPosition + row,
      values: [...values.subarray(row * length, (row + 1) * length)],
    }));
  });
}

/** The pooled target of the teachers' exact answers. */
function pooled(run: Run, sample: number, temperature: number): number[] {
  const logits = run.teacherIdentities.map((hex) =>
    Float32Array.from(logitsOf(digestBytes(hex), sample)),
  );
  const out = new Float32Array(CLASS_COUNT);
  pool(
    {
      rule: 'arithmetic',
      temperature,
      teacherLogits: logits,
      teacherWeights: [1, 3],
      rowCount: 1,
      classCount: CLASS_COUNT,
    },
    out,
  );
  return [...out];
}

it("streamTargets gives the student's targets from any step, with outline, samples and labels", async () => {
  teacher('t1');
  await submit({ labels: { count: 300, seed: 2 } });
  const want = await studentRows();
  const { outline, batches } = await streamed();
  expect(rowsOf(batches)).toEqual(want);
  expect(outline).toMatchObject({
    runId,
    rule: 'arithmetic',
    codec: 'uint8-affine',
    view: 'identity',
    sampleCount: TRAIN_COUNT,
    batchSize: BATCH_SIZE,
    stepsPerEpoch: STEPS_PER_EPOCH,
    firstStep: 0,
    endStep: STEP_COUNT,
    tensors: [{ name: 'pooled/arithmetic/4', rowShape: [CLASS_COUNT] }],
    classNames: ['a', 'b', 'c'],
    teachers: [
      { name: 'one', access: 'white', weight: 1 },
      { name: 'two', access: 'white', weight: 3 },
    ],
  });
  expect(batches.map(({ step }) => step)).toEqual(Array.from({ length: STEP_COUNT }, (_, i) => i));
  expect(batches[STEPS_PER_EPOCH - 1]?.samples).toHaveLength(TRAIN_COUNT % BATCH_SIZE);
  const epochs = [0, STEPS_PER_EPOCH].map((from) =>
    batches.slice(from, from + STEPS_PER_EPOCH).flatMap(({ samples }) => samples),
  );
  for (const samples of epochs) {
    expect([...samples].sort((a, b) => a - b)).toEqual([...Array(TRAIN_COUNT).keys()]);
  }
  expect(epochs[1]).not.toEqual(epochs[0]);
  const known = labelledMask({ ...dataset, digest: '' }, { count: 300, seed: 2 });
  for (const { samples, labels, contributors } of batches) {
    expect(labels).toEqual(samples.map((s) => (known[s] === 1 ? dataset.labels[s] : -1)));
    expect(contributors).toEqual([0, 1]);
  }

  const tail = await streamed({ firstStep: 30, endStep: 33 });
  expect(tail.batches).toEqual(batches.slice(30, 33));
  expect((await streamed({ firstStep: 7, endStep: 7 })).batches).toEqual([]);
});

it('streamTargets asks teachers for missing answers without a student, and goes beyond the run', async () => {
  const run = await submit({ answers: { codec: 'float32' } });
  const peer = teacher('t1');
  const { batches } = await streamed({ endStep: 3 * STEPS_PER_EPOCH, wait: true });
  expect(batches).toHaveLength(3 * STEPS_PER_EPOCH);
  for (const { samples, tensors } of batches) {
    const values = float32Values(tensors[0] as never);
    for (const [row, sample] of samples.entries()) {
      const own = [...values.subarray(row * CLASS_COUNT, (row + 1) * CLASS_COUNT)];
      expect(own).toEqual(pooled(run, sample, 4));
    }
  }
  // Two spans an epoch, two teachers; only the first epoch's answers were asked for.
  expect(peer.taken).toHaveLength(4);
  expect((await cluster.run(runId)).reason).toContain('student worker');
  // A later stream reads stored answers.
  const again = await streamed({ firstStep: 5, endStep: 40 });
  expect(again.batches).toEqual(batches.slice(5, 40));
  expect(peer.taken).toHaveLength(4);
});

it('streamTargets gives ranks their slices, and refuses another world size while one reads', async () => {
  teacher('t1');
  await submit();
  const whole = await streamed({ wait: true });
  const ranks = await Promise.all(
    [0, 1, 2].map((rank) => streamed({ rank, worldSize: 3, endStep: STEP_COUNT })),
  );
  for (const [step, { samples, tensors }] of whole.batches.entries()) {
    const slices = ranks.map(({ batches }) => batches[step] as TargetBatch);
    expect(slices.flatMap((slice) => slice.samples)).toEqual(samples);
    const bytes = Buffer.concat(slices.map((slice) => slice.tensors[0]?.data ?? Buffer.of()));
    expect(bytes.equals(tensors[0]?.data ?? Buffer.of())).toBe(true);
  }
  const refused: unknown[] = [];
  // Many epochs, so that this reader is still reading when the others come.
  const request = { rank: 0, worldSize: 3, endStep: 4_000 * STEPS_PER_EPOCH };
  for await (const part of client.streamTargets({ runId, ...request })) {
    if (part.$case !== 'batch') continue;
    const other = { rank: 1, worldSize: 2, endStep: 2 };
    refused.push(await streamed(other).catch((thrown: unknown) => thrown));
    expect((await streamed({ endStep: 1 })).batches).toHaveLength(1);
    break;
  }
  expect(refused).toEqual([
    expect.objectContaining({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(
        `rank 1 of 2 asks for run ${runId}, which rank 0 of 3 reads`,
      ),
    }),
  ]);
  // The first reader has left.
  await eventually(() => streamed({ rank: 1, worldSize: 2, endStep: 2 }).catch(() => undefined));
  await expect(streamed({ rank: 3, worldSize: 3 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'rank: want 0 ≤ rank < world_size 3, got 3',
  });
});

it('streamTargets without teacher workers names missing answers, or waits if wait is set', async () => {
  await submit();
  await expect(streamed({ firstStep: STEPS_PER_EPOCH })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: `answers to epoch 1 are not stored: ${TRAIN_COUNT} of ${TRAIN_COUNT} of one, ${TRAIN_COUNT} of ${TRAIN_COUNT} of two; and no teacher worker is connected that could be asked`,
  });
  await expect(streamed({ split: SPLIT_VALIDATION })).rejects.toMatchObject({
    message: expect.stringContaining('100 of 100 of one'),
  });
  let told = 0;
  const { batches, waiting } = await streamed({ endStep: 2, wait: true }, (part) => {
    if (part === 'waiting' && told++ === 0) teacher('t1');
  });
  expect(batches).toHaveLength(2);
  expect(waiting.length).toBeGreaterThan(0);
});

it('streamTargets goes on with the same bits over a restart of the coordinator', async () => {
  teacher('t1');
  // Every epoch has another view, so answers are asked for before and after the restart.
  await submit({ views: { seed: 3, cycle: 100, mixup: true } });
  const before = await streamed();
  for (const { id } of await client.listAnswerTables()) {
    await client.deleteAnswerTable(id).catch(() => undefined);
  }
  let restarted = 0;
  const during = await streamed({}, async (part, batchCount) => {
    if (part !== 'batch' || batchCount !== 10) return;
    restarted++;
    peers.kill();
    await cluster.restart();
    teacher('t2');
  });
  expect(restarted).toBe(1);
  expect(during.outline).toEqual(before.outline);
  expect(during.batches).toEqual(before.batches);

  const names = before.outline.tensors.map(({ name }) => name);
  expect(names).toEqual(['pooled/arithmetic/4', 'hard-labels']);
  const set = { ...dataset, digest: '' };
  const known = labelledMask(set, 'all');
  for (const { epoch, samples, tensors } of before.batches) {
    const view = viewAt(views.parse({ seed: 3, cycle: 100, mixup: true }), epoch);
    const want = new Float32Array(samples.length * CLASS_COUNT);
    writeHardLabels(set, known, Uint32Array.from(samples), view, want);
    expect(float32Values(tensors[1] as never)).toEqual(want);
  }
});

it('streamTargets gives pools at another temperature, and the validation split in its order', async () => {
  teacher('t1');
  const run = await submit();
  const warm = await streamed({ split: SPLIT_VALIDATION, temperature: 2.5 });
  expect(warm.outline).toMatchObject({
    split: SPLIT_VALIDATION,
    codec: 'float32',
    sampleCount: 100,
    stepsPerEpoch: 1,
    endStep: 1,
    tensors: [{ name: 'pooled/arithmetic/2.5' }],
  });
  const [batch] = warm.batches;
  const heldOut = [...dataset.splits.keys()].filter(
    (s) => dataset.splits[s] === SPLIT_NUMBERS.validation,
  );
  expect(batch).toMatchObject({ samples: heldOut, endsBatch: true });
  expect(batch?.labels).toEqual(heldOut.map((sample) => dataset.labels[sample]));
  expect(rowsOf(warm.batches).map(({ values }) => values)).toEqual(
    heldOut.map((sample) => pooled(run, sample, 2.5)),
  );
  const train = await streamed({ temperature: 1, endStep: 1 });
  expect(train.outline.tensors[0]?.name).toBe('pooled/arithmetic/1');
});

it.each<[string, Record<string, unknown>, Partial<TargetsRequest>, string, RegExp]>([
  [
    'steps that end before they begin',
    {},
    { firstStep: 5, endStep: 4 },
    'INVALID_ARGUMENT',
    /got 5 and 4/,
  ],
  [
    'steps that a split has not',
    {},
    { split: SPLIT_VALIDATION, endStep: 2 },
    'INVALID_ARGUMENT',
    /≤ 1 of the validation split/,
  ],
  [
    'a temperature of nothing',
    {},
    { temperature: -1 },
    'INVALID_ARGUMENT',
    /want a number from 0 to 1000, got -1/,
  ],
  [
    'a temperature of votes',
    { objective: [{ term: 'vote' }] },
    { temperature: 2 },
    'INVALID_ARGUMENT',
    /none of its terms has a tempered pool/,
  ],
  ['inputs', {}, { inputs: true }, 'FAILED_PRECONDITION', /coordinator targets serve/],
  [
    'a rule not fitted',
    {
      teachers: [
        { name: 'one', model: 'first' },
        { name: 'two', model: 'second' },
      ],
      ensemble: { combine: 'accuracy' },
    },
    {},
    'FAILED_PRECONDITION',
    /has not been fitted yet/,
  ],
  [
    'a quorum not decided',
    { ensemble: { quorum: 1, deadlineMs: 1000 } },
    {},
    'FAILED_PRECONDITION',
    /who contributes to all of these steps is not decided/,
  ],
])('streamTargets refuses %s', async (_, changes, request, code, message) => {
  await submit(changes);
  await expect(streamed(request)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

it('streamTargets refuses a missing run, and a run without teachers', async () => {
  await expect(streamed()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await client.submitRun(
    JSON.stringify({
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Training',
      metadata: { name: runId },
      spec: {
        dataset: `tiny-${turn}`,
        student: { model: { architecture: 'mlp' } },
        training: { epochs: 1 },
      },
    }),
  );
  await expect(streamed()).rejects.toThrow(/it asks no teacher/);
});
