/**
 * A run with every term on inner layers, in a real cluster: undisturbed, then with its answers deleted and teacher
 * workers, student and coordinator killed. The weights must be the same bits; those of another run must not.
 */
import { encodeModelPackage, parseModelPackage } from '@lyceum/learning/formats';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { hasTaken, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';
import { numbers, SIDE, smallImagesBytes } from './small-images.js';

const STEP_COUNT = 150;
vi.setConfig({ testTimeout: 1_200_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster({
    teacherWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'maps', mapsTeacher());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'units', unitsTeacher());
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

const layer = (className: string, name: string, config: object) => ({
  class_name: className,
  config: { name, ...config },
});
const dense = (name: string, units: number, more: object = {}) =>
  layer('Dense', name, { units, activation: 'linear', use_bias: false, ...more });

/** Layers conv [6, 6, 4], flat and out. */
function mapsTeacher(): Buffer {
  const conv = layer('Conv2D', 'conv', {
    filters: 4,
    kernel_size: [3, 3],
    strides: [1, 1],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'relu',
    use_bias: false,
    batch_input_shape: [null, SIDE, SIDE, 1],
  });
  return teacher(
    3,
    [conv, layer('Flatten', 'flat', {}), dense('out', 2)],
    [
      ['conv/kernel', [3, 3, 1, 4]],
      ['out/kernel', [SIDE * SIDE * 4, 2]],
    ],
  );
}

/** Layers wide [64] and out. */
function unitsTeacher(): Buffer {
  const first = { activation: 'relu', batch_input_shape: [null, SIDE * SIDE] };
  return teacher(
    4,
    [dense('wide', 64, first), dense('out', 2)],
    [
      ['wide/kernel', [SIDE * SIDE, 64]],
      ['out/kernel', [64, 2]],
    ],
  );
}

function teacher(seed: number, layers: object[], shapes: [string, number[]][]): Buffer {
  const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
  const values = numbers(
    seed,
    shapes.reduce((sum, [, shape]) => sum + size(shape), 0),
  );
  return encodeModelPackage({
    modelJson: {
      format: 'layers-model',
      modelTopology: {
        class_name: 'Sequential',
        config: { name: 'teacher', layers },
        keras_version: 'tfjs-layers 4.22.0',
        backend: 'tensor_flow.js',
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: shapes.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
        },
      ],
    },
    weights: Buffer.from(values.buffer),
    settings: { output: 'logits' },
  });
}

const FEATURES = [
  { term: 'hint', hintLayer: { maps: 'conv', units: 'wide' }, guidedLayer: 'conv_1', weight: 1 },
  { term: 'attention-transfer', hintLayer: { maps: 'conv' }, guidedLayer: 'pool_1', weight: 10 },
  {
    term: 'similarity-preserving',
    hintLayer: { units: 'wide' },
    guidedLayer: 'dense_1',
    weight: 5,
  },
  { term: 'rkd', hintLayer: { maps: 'conv', units: 'wide' }, guidedLayer: 'dense_1', weight: 0.1 },
];

function specification(name: string, terms: object[]): string {
  return runDocument(name, {
    dataset: 'small',
    teachers: ['maps', 'units'].map((model) => ({ name: model, model })),
    teacherHealth: { accept: ['maps', 'units'] },
    student: { model: { architecture: 'conv', filters: [3], denseUnits: [5] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }, ...terms],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps: STEP_COUNT, checkpointEverySteps: 10 },
    selection: { everySteps: 5 },
  });
}

async function sizesOfTables(): Promise<ReadonlyMap<string, number>> {
  const tables = await client.listAnswerTables();
  return new Map(tables.map(({ id, sizeBytes }) => [id, sizeBytes]));
}

test('a run with feature terms ends with the same bits though workers and coordinator are killed', async () => {
  await client.submitRun(specification('calm', FEATURES));
  const calm = await succeeded(client, 'calm');
  const tables = await client.listAnswerTables();
  expect(new Set(tables.map(({ teacher: name, outputs }) => `${name} ${outputs}`))).toEqual(
    new Set(['maps layer/conv', 'maps logits', 'units layer/wide', 'units logits']),
  );
  for (const { id } of tables) await client.deleteAnswerTable(id);

  await client.submitRun(specification('disturbed', FEATURES));
  await untilRun(client, 'disturbed', hasTaken(20));
  await cluster.kill('teacher-1', 'SIGKILL');
  await untilRun(client, 'disturbed', hasTaken(45));
  await cluster.kill('student-1', 'SIGKILL');
  await cluster.startTeacherWorker();
  await cluster.startStudentWorker();
  await untilRun(client, 'disturbed', hasTaken(75));
  await cluster.restartCoordinator('SIGKILL');
  await untilRun(client, 'disturbed', hasTaken(105));
  await cluster.kill('teacher-2', 'SIGKILL');
  const disturbed = await succeeded(client, 'disturbed');
  expect(disturbed.finalWeightsDigest).toBe(calm.finalWeightsDigest);
  const report = await client.getReport('disturbed');
  expect(report).toMatchObject({ bitExact: true, bitExactExceptions: [] });

  // The student has the layers of its architecture, and no regressors.
  const model = await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'run:disturbed');
  const { weights } = parseModelPackage(model);
  expect(weights.byteLength).toBe(4 * (9 * 3 + 3 + 27 * 5 + 5 + 5 * 2 + 2));

  // The logits stored with the features serve a run without feature terms: no teacher is asked.
  const stored = await sizesOfTables();
  await client.submitRun(specification('without', []));
  const without = await succeeded(client, 'without');
  expect(await sizesOfTables()).toEqual(stored);
  expect(without.finalWeightsDigest).not.toBe(calm.finalWeightsDigest);
});

test('submit names unknown layers of terms, and lists the known ones', async () => {
  const terms = [
    { term: 'hint', hintLayer: { maps: 'conv_9' }, guidedLayer: 'conv_1' },
    { term: 'attention-transfer', hintLayer: { units: 'wide' }, guidedLayer: 'fc' },
  ];
  const refused = client.submitRun(specification('wrong', terms));
  await expect(refused).rejects.toThrow(
    'spec.objective[2].hintLayer.maps: teacher maps has no layer conv_9; there are conv [6,6,4], flat [144], out [2]',
  );
  await expect(refused).rejects.toThrow(
    'spec.objective[3].guidedLayer: the student has no layer fc; there are conv_1 [6,6,3], pool_1 [3,3,3], flatten [27], dense_1 [5], logits [2]',
  );
});
