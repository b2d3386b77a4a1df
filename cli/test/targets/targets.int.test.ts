/**
 * `targets export` and `targets serve` with a real cluster: a student elsewhere reads targets and samples while the
 * coordinator is killed. One story, in order.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { decodeFloat16, encodeFloat16 } from '@lyceum/learning/codecs';
import { parseDataset } from '@lyceum/learning/datasets';
import { readNpz } from '@lyceum/learning/files';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { float32Values, type TargetBatch } from '@lyceum/proto';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CoordinatorClient, type TargetsRequest } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { type CliProcess, type CliResult, runCli, startCli } from '../commands/cli-process.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

const TRAIN_COUNT = 168;
const BATCH_SIZE = 32;
const STEPS_PER_EPOCH = 6;
/** Many times the steps of the run. */
const STEPS_BEYOND = 24_000;
const POOL = 'pooled/arithmetic/4';

let cluster: LocalCluster;
let client: CoordinatorClient;
let folder = '';
let gateway: CliProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  await writeFile(path.join(folder, 'small.npz'), smallSetBytes());
  expect((await cli('datasets', 'push', 'small', path.join(folder, 'small.npz'))).code).toBe(0);
  await submit(`
kind: Training
metadata: { name: teacher }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [8] } }
  training: { batchSize: 32, epochs: 4, learningRate: 0.01 }
`);
  await submit(`
kind: Distillation
metadata: { name: student }
spec:
  dataset: small
  teachers: [{ name: first, model: run:teacher }]
  # It was trained for a moment.
  teacherHealth: { accept: [first] }
  labels: { count: 20, seed: 1 }
  student: { model: { architecture: mlp, hiddenUnits: [4] } }
  training: { batchSize: ${BATCH_SIZE}, epochs: 3, learningRate: 0.01 }
`);
});
afterAll(async () => {
  gateway?.process.kill('SIGKILL');
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

async function submit(specification: string): Promise<void> {
  const text = `apiVersion: lyceum.dev/v1alpha1${specification}`;
  const { result } = startCli(cluster.address, ['submit', '-', '--wait'], text);
  expect(await result).toMatchObject({ code: 0 });
}

function cli(...args: string[]): Promise<CliResult> {
  return runCli(cluster.address, ...args);
}

async function batchesOf(
  from: CoordinatorClient,
  request: Partial<TargetsRequest> = {},
): Promise<TargetBatch[]> {
  const batches: TargetBatch[] = [];
  for await (const part of from.streamTargets({ runId: 'student', ...request })) {
    if (part.$case === 'batch') batches.push(part.batch);
  }
  return batches;
}

/** The bytes of the targets, without samples. */
function bytesOf({ step, samples, labels, tensors }: TargetBatch): Buffer {
  const text = JSON.stringify([step, samples, labels]);
  return Buffer.concat([Buffer.from(text), tensors[0]?.data ?? Buffer.of()]);
}

function numbers(batches: readonly TargetBatch[], index = 0): number[] {
  return batches.flatMap(({ tensors }) => [...float32Values(tensors[index] as never)]);
}

test('targets export writes what a stream has, with a description', async () => {
  const out = path.join(folder, 'targets.npz');
  expect(await cli('targets', 'export', 'student', '--epoch', '1', '--out', out)).toMatchObject({
    code: 0,
    stderr: `wrote ${out}: ${TRAIN_COUNT} samples\n`,
  });
  const bytes = await readFile(out);
  const arrays = readNpz(bytes);
  const batches = await batchesOf(client, {
    firstStep: STEPS_PER_EPOCH,
    endStep: 2 * STEPS_PER_EPOCH,
  });
  expect(arrays.get(POOL)?.shape).toEqual([TRAIN_COUNT, 2]);
  expect([...(arrays.get(POOL)?.data ?? [])]).toEqual(numbers(batches));
  expect([...(arrays.get('sample')?.data ?? [])]).toEqual(batches.flatMap((b) => b.samples));
  const labels = batches.flatMap((b) => b.labels);
  expect([...(arrays.get('label')?.data ?? [])]).toEqual(labels);
  expect(labels.filter((label) => label >= 0)).toHaveLength(20);
  expect(arrays.get('contributors')).toMatchObject({ dtype: 'uint8', shape: [TRAIN_COUNT, 1] });
  expect([...(arrays.get('contributors')?.data ?? [])].every((mark) => mark === 1)).toBe(true);

  const meta = bytes.toString('latin1').split('meta.json')[1]?.split('PK')[0];
  expect(JSON.parse(meta ?? '')).toMatchObject({
    format: 'lyceum.dev/targets/v1',
    runId: 'student',
    split: 'train',
    epoch: 1,
    view: 'identity',
    rule: 'arithmetic',
    valueType: 'float32',
    teachers: [{ name: 'first', access: 'white' }],
    tensors: [{ name: POOL, rowShape: [2] }],
    classNames: ['even', 'odd'],
  });
  expect((await readdir(folder)).filter((file) => file.endsWith('.partial'))).toEqual([]);
});

test('targets export rounds --float16 to the nearest, and applies --temperature', async () => {
  const out = path.join(folder, 'half.npz');
  const args = ['--split', 'test', '--temperature', '1.5', '--float16', '--out', out];
  expect(await cli('targets', 'export', 'student', ...args)).toMatchObject({ code: 0 });
  const [exact, own] = await Promise.all(
    [1.5, 0].map((temperature) => batchesOf(client, { split: 3, temperature })),
  );
  const bytes = await readFile(out);
  const header = bytes.indexOf("'descr': '<f2'");
  const values = numbers(exact ?? []);
  const halves = bytes.subarray(bytes.indexOf('\n', header) + 1);
  const read = values.map((_, i) => decodeFloat16(halves.readUInt16LE(2 * i)));
  expect(read).toEqual(values.map((value) => decodeFloat16(encodeFloat16(value))));
  expect(values).not.toEqual(numbers(own ?? []));
});

test.each([['float32'], ['float16']])('exports the same rows to Parquet, %s', async (type) => {
  const out = path.join(folder, `${type}.parquet`);
  const options = ['--format', 'parquet', '--out', out];
  if (type === 'float16') options.push('--float16');
  expect(await cli('targets', 'export', 'student', ...options)).toMatchObject({ code: 0 });
  const file = await asyncBufferFromFile(out);
  const rows = await parquetReadObjects({ file });
  const batches = await batchesOf(client, { endStep: STEPS_PER_EPOCH });
  const half = (value: number) =>
    type === 'float32' ? value : decodeFloat16(encodeFloat16(value));
  const values = numbers(batches).map(half);
  expect(rows).toEqual(
    batches
      .flatMap(({ samples, labels }) => samples.map((sample, i) => ({ sample, label: labels[i] })))
      .map((row, i) => ({
        ...row,
        'contributed/first': true,
        [POOL]: values.slice(2 * i, 2 * i + 2),
      })),
  );
  const { key_value_metadata: metadata } = await parquetMetadataAsync(file);
  const meta = metadata?.find(({ key }) => key === 'lyceum')?.value ?? '';
  expect(JSON.parse(meta)).toMatchObject({ runId: 'student', epoch: 0, valueType: type });
});

test('targets export overwrites no file, and leaves none after an error', async () => {
  const out = path.join(folder, 'targets.npz');
  const before = await readFile(out);
  expect(await cli('targets', 'export', 'student', '--out', out)).toMatchObject({ code: 6 });
  const refused = await cli('targets', 'export', 'teacher', '--out', path.join(folder, 'no.npz'));
  expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('asks no teacher') });
  const epoch = await cli('targets', 'export', 'student', '--split', 'test', '--epoch', '1');
  expect(epoch).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--epoch is only for train'),
  });
  expect((await readFile(out)).equals(before)).toBe(true);
  expect(await readdir(folder)).not.toContain('no.npz');
  const forced = await cli('targets', 'export', 'student', '--out', out, '--force');
  expect(forced).toMatchObject({ code: 0 });
});

test('targets serve gives targets and samples though the coordinator is killed', async () => {
  gateway = startCli(cluster.address, ['targets', 'serve', 'student', '--listen', '127.0.0.1:0']);
  const { process: child, result } = gateway;
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void result.then(({ stderr }) => reject(new Error(stderr)));
  });
  const { address, runId } = JSON.parse(line) as { address: string; runId: string };
  expect(runId).toBe('student');
  const elsewhere = new CoordinatorClient(address);
  try {
    // More than all buffers on the way hold: the kill cuts off what is still to be sent.
    const request = { runId, endStep: STEPS_BEYOND };
    const [want, got] = [createHash('sha256'), createHash('sha256')];
    for await (const part of client.streamTargets(request)) {
      if (part.$case === 'batch') want.update(bytesOf(part.batch));
    }
    const dataset = parseDataset(smallSetBytes());
    let count = 0;
    let differing = 0;
    for await (const part of elsewhere.streamTargets({ ...request, inputs: true })) {
      if (part.$case === 'outline') {
        expect(part.outline.tensors.at(-1)).toEqual({ name: 'inputs', rowShape: [6] });
      }
      if (part.$case !== 'batch') continue;
      const { samples, tensors } = part.batch;
      got.update(bytesOf(part.batch));
      const inputs = new Float32Array(samples.length * 6);
      readInputs(dataset, Uint32Array.from(samples), IDENTITY_VIEW, inputs);
      if (!Buffer.from(inputs.buffer).equals(tensors[1]?.data ?? Buffer.of())) differing++;
      count++;
      if (count === 3) await cluster.restartCoordinator('SIGKILL');
    }
    expect([count, differing]).toEqual([STEPS_BEYOND, 0]);
    expect(got.digest('hex')).toBe(want.digest('hex'));
    expect(gateway.stderr()).toContain('coordinator is away');
    await expect(batchesOf(elsewhere, { runId: 'teacher' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('these are the targets of run student'),
    });
    await expect(elsewhere.listRuns()).rejects.toThrow();
  } finally {
    elsewhere.close();
  }
  child.kill('SIGTERM');
  expect((await result).code).toBe(0);
});
