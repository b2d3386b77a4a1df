// `TargetGateway` over real gRPC, with a fake coordinator. A message holds one of the large samples, and each epoch
// has another view. A reader must get whole batches with the samples of their view.
import {
  type Dataset,
  type DatasetParts,
  encodeDataset,
  encodeManifest,
  parseDataset,
} from '@lyceum/learning/datasets';
import { checkRunSpecification, type ViewSettings } from '@lyceum/learning/specification';
import { readInputs, viewAt } from '@lyceum/learning/views';
import { createLogger, RpcServer, SERVICES, targetService } from '@lyceum/platform';
import {
  float32Tensor,
  float32Values,
  Split,
  StreamTargetsRequest,
  type StreamTargetsResponse,
  sha256Hex,
  TargetBatch,
  TargetOutline,
} from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CoordinatorClient, type TargetsRequest } from '../../src/client/index.js';
import { TargetGateway } from '../../src/targets/target-gateway.js';

const log = createLogger({ name: 'test', level: 'silent' });
/** A sample is 576 KiB as float32: one fits into a message, two do not. */
const SIDE = 384;
const SAMPLES = 6;

const parts: DatasetParts = {
  sampleShape: [SIDE, SIDE, 1],
  sampleCount: SAMPLES,
  classCount: 2,
  classNames: ['a', 'b'],
  inputs: Uint8Array.from({ length: SAMPLES * SIDE * SIDE }, (_, i) => (i * 7) % 251),
  inputScale: 1 / 255,
  labels: Int32Array.of(0, 1, 0, 1, 0, 1),
  splits: Uint8Array.of(1, 1, 1, 1, 2, 3),
};
const bytes = encodeDataset(parts);
const dataset = parseDataset(bytes);

const specification = checkRunSpecification(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'run' },
    spec: {
      dataset: 'large',
      teachers: [{ name: 'one', model: 'first' }],
      student: { model: { architecture: 'mlp' } },
      views: { seed: 4, cycle: 2, shift: 0.2, flip: true },
      training: { epochs: 3, batchSize: 3 },
    },
  },
  'test',
);

/** Samples of steps, of two epochs of two batches each. */
const BATCHES = [[2, 0, 3], [1], [3, 1, 2], [0]];

function batchOf(step: number): TargetBatch {
  const samples = BATCHES[step] ?? [];
  const values = Float32Array.from(samples.flatMap((sample) => [sample, 10 * step]));
  return TargetBatch.create({
    step,
    epoch: Math.floor(step / 2),
    firstPosition: 3 * (step % 2),
    samples,
    labels: samples.map((sample) => sample % 2),
    contributors: [0],
    tensors: [float32Tensor('pooled/arithmetic/4', [samples.length, 2], values)],
    endsBatch: true,
    rowCount: samples.length,
    labelledCount: samples.length,
  });
}

/** The batch of a rank without a row of the step. */
function emptyBatch(step: number): TargetBatch {
  const tensors = [float32Tensor('pooled/arithmetic/4', [0, 2], new Float32Array(0))];
  return { ...batchOf(step), samples: [], labels: [], tensors };
}

let pulled = 0;
const outline = (split: Split) =>
  TargetOutline.create({
    runId: 'run',
    specificationDigest: 'first specification',
    datasetDigest: dataset.digest,
    split,
    endStep: BATCHES.length,
    tensors: [{ name: 'pooled/arithmetic/4', rowShape: [2] }],
  });
const coordinator = {
  getRun: async () => ({
    specificationJson: JSON.stringify(specification),
    datasetDigest: dataset.digest,
  }),
  pullArtifact: async () => {
    pulled++;
    return bytes;
  },
  targetOutline: async ({ split = Split.SPLIT_TRAIN }) => outline(split),
  async *streamTargets({
    split = Split.SPLIT_TRAIN,
    firstStep = 0,
    worldSize = 0,
  }): AsyncGenerator<NonNullable<StreamTargetsResponse['part']>> {
    yield { $case: 'outline', outline: outline(split) };
    yield { $case: 'waiting', waiting: 'for nothing' };
    for (let step = firstStep; step < BATCHES.length; step++) {
      yield { $case: 'batch', batch: worldSize === 0 ? batchOf(step) : emptyBatch(step) };
    }
  },
} as unknown as CoordinatorClient;

let server: RpcServer;
let client: CoordinatorClient;

beforeAll(async () => {
  const targets = new TargetGateway(coordinator, 'run', log);
  const stopping = new AbortController().signal;
  server = await RpcServer.start({
    address: '127.0.0.1:0',
    insecure: false,
    log,
    services: [[SERVICES.target, targetService({ targets, stopping, log })]],
  });
  client = new CoordinatorClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.stop(1_000);
});

async function read(request: Omit<TargetsRequest, 'runId'>) {
  const batches: TargetBatch[] = [];
  const waiting: string[] = [];
  for await (const part of client.streamTargets({ runId: 'run', ...request })) {
    if (part.$case === 'batch') batches.push(part.batch);
    if (part.$case === 'waiting') waiting.push(part.waiting);
  }
  return { batches, waiting };
}

test('TargetGateway without samples passes batches on unchanged', async () => {
  const { batches, waiting } = await read({ firstStep: 1 });
  expect(batches).toEqual([1, 2, 3].map(batchOf));
  expect(waiting).toEqual(['for nothing']);
  expect(pulled).toBe(0);
});

test.each([
  ['train', Split.SPLIT_TRAIN],
  ['test', Split.SPLIT_TEST],
])('TargetGateway gives samples of %s in the view of the run', async (name, split) => {
  const { batches } = await read({ split, inputs: true });
  expect(
    batches.map(({ tensors, ...batch }) => ({ ...batch, tensors: tensors.slice(0, 1) })),
  ).toEqual([0, 1, 2, 3].map(batchOf));
  for (const { epoch, samples, tensors } of batches) {
    const { spec } = specification;
    const view = viewAt(name === 'train' ? spec.views : undefined, epoch);
    const want = new Float32Array(samples.length * SIDE * SIDE);
    readInputs(dataset, Uint32Array.from(samples), view, want);
    expect(tensors[1]).toMatchObject({ name: 'inputs', shape: [samples.length, SIDE, SIDE, 1] });
    const got = float32Values(tensors[1] as never);
    expect(
      Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(want.buffer)),
    ).toBe(true);
  }
  expect(pulled).toBe(1);
});

/**
 * A coordinator that has the run, and after `replace` another one of its name: with other samples in the same order.
 */
function replacedRun(other: Buffer) {
  let now = { bytes, specificationDigest: 'first specification', views: specification.spec.views };
  const outlineNow = (split: Split) => ({
    ...outline(split),
    specificationDigest: now.specificationDigest,
    datasetDigest: sha256Hex(now.bytes),
  });
  const client = {
    ...coordinator,
    getRun: async () => ({
      specificationJson: JSON.stringify({
        ...specification,
        spec: { ...specification.spec, views: now.views },
      }),
      datasetDigest: sha256Hex(now.bytes),
    }),
    pullArtifact: async () => now.bytes,
    targetOutline: async ({ split = Split.SPLIT_TRAIN }) => outlineNow(split),
    async *streamTargets({ split = Split.SPLIT_TRAIN }) {
      yield { $case: 'outline', outline: outlineNow(split) };
      yield { $case: 'batch', batch: batchOf(0) };
    },
  } as unknown as CoordinatorClient;
  return {
    client,
    replace: (changes: Partial<typeof now>) => {
      now = {
        bytes: other,
        specificationDigest: 'other specification',
        views: undefined,
        ...changes,
      };
    },
  };
}

test.each([
  ['another set', {}],
  ['the same set in other views', { bytes }],
])('TargetGateway reads samples anew where another run has the name: of %s', async (_, changes) => {
  const other = encodeDataset({ ...parts, inputs: parts.inputs.toReversed() });
  const { client, replace } = replacedRun(other);
  const gateway = new TargetGateway(client, 'run', log);
  const request = StreamTargetsRequest.fromPartial({
    runId: 'run',
    split: Split.SPLIT_TRAIN,
    inputs: true,
  });
  const samples = async () => {
    const parts: Buffer[] = [];
    for await (const { part } of gateway.stream(request, new AbortController().signal)) {
      if (part?.$case === 'batch') parts.push(part.batch.tensors[1]?.data as Buffer);
    }
    return sha256Hex(Buffer.concat(parts));
  };
  const wanted = (of: Dataset, views: ViewSettings | undefined) => {
    const values = new Float32Array((BATCHES[0] ?? []).length * SIDE * SIDE);
    readInputs(of, Uint32Array.from(BATCHES[0] ?? []), viewAt(views, 0), values);
    return sha256Hex(Buffer.from(values.buffer));
  };
  expect(await samples()).toBe(wanted(dataset, specification.spec.views));
  replace(changes);
  const set = 'bytes' in changes ? dataset : parseDataset(other);
  expect(await samples()).toBe(wanted(set, undefined));
});

test('TargetGateway gives a rank without a row an empty batch, with samples and without', async () => {
  const ranks = { firstStep: 2, rank: 0, worldSize: 5 };
  expect((await read(ranks)).batches).toEqual([2, 3].map(emptyBatch));
  const { batches } = await read({ ...ranks, inputs: true });
  expect(batches.map(({ step, tensors }) => [step, tensors[1]?.shape])).toEqual([
    [2, [0, SIDE, SIDE, 1]],
    [3, [0, SIDE, SIDE, 1]],
  ]);
});

test('TargetGateway gives the outline of its run, and has no other run', async () => {
  expect((await client.targetOutline({ runId: 'run', inputs: true })).tensors).toEqual([
    { name: 'pooled/arithmetic/4', rowShape: [2] },
    { name: 'inputs', rowShape: [SIDE, SIDE, 1] },
  ]);
  await expect(client.targetOutline({ runId: 'other' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('TargetGateway refuses samples of a set in shards, and outlines its targets', async () => {
  const { inputs: _, sampleShape: __, inputScale: ___, ...samples } = parts;
  const manifest = encodeManifest({
    ...samples,
    chunkEnds: Uint32Array.of(4, 5, 6),
    shards: {
      shards: [{ url: 'photos/0.tar', format: 'tar', sizeBytes: 1024 }],
      grid: { height: SIDE, width: SIDE, channels: 1, fit: 'cover' },
      decoder: 'none',
      canary: { samples: [0], digest: 'ab'.repeat(32) },
      shardOf: new Uint32Array(SAMPLES),
      offsets: new Float64Array(SAMPLES),
      lengths: new Uint32Array(SAMPLES).fill(1),
      digests: new Uint8Array(16 * SAMPLES),
      paths: undefined,
    },
  });
  const sharded = {
    ...coordinator,
    getRun: async () => ({
      specificationJson: JSON.stringify(specification),
      datasetDigest: sha256Hex(manifest),
    }),
    pullArtifact: async () => manifest,
    targetOutline: async () => ({
      ...outline(Split.SPLIT_TRAIN),
      datasetDigest: sha256Hex(manifest),
    }),
  } as unknown as CoordinatorClient;
  const gateway = new TargetGateway(sharded, 'run', log);
  const request = StreamTargetsRequest.fromPartial({ runId: 'run' });
  expect((await gateway.outline(request)).tensors).toHaveLength(1);
  await expect(gateway.outline({ ...request, inputs: true })).rejects.toThrow(
    /set of run run is in shards, whose pictures only workers read; ask without inputs/,
  );
});
