/**
 * An ensemble with a teacher of every format that a worker computes, in a real cluster: undisturbed, then with its
 * answers deleted and processes killed. The weights must be the same bits; those of a run with one teacher must
 * differ.
 */
import { fileURLToPath } from 'node:url';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { hasTaken, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../learning/test/fixtures/${name}`, import.meta.url));
vi.setConfig({ testTimeout: 1_200_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster({
    teacherWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', datasetBytes());
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'layers', tinyModelBytes(0.3, 36, 5));
  for (const [name, file] of [
    ['external', 'onnx/external.onnx'],
    ['batch-mean', 'onnx/batch-mean.onnx'],
    ['graph', 'tensorflow/graph-model'],
    ['saved', 'tensorflow/logits'],
  ] as const) {
    const bytes = await readModel(fixture(file), undefined);
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, bytes);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

function datasetBytes(): Buffer {
  const sampleCount = 400;
  return encodeDataset({
    sampleShape: [6, 6, 1],
    sampleCount,
    classCount: 5,
    classNames: ['a', 'b', 'c', 'd', 'e'],
    inputs: Uint8Array.from({ length: sampleCount * 36 }, (_, i) => (i * i * 31 + i * 7) % 251),
    inputScale: 1 / 255,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % 5),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i < 320 ? 1 : i < 360 ? 2 : 3)),
  });
}

function specification(name: string, models: string[]): string {
  return runDocument(name, {
    dataset: 'small',
    teachers: models.map((model) => ({ name: model, model })),
    // They were written down, not trained.
    teacherHealth: { accept: models },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps: 100, checkpointEverySteps: 10 },
  });
}

test('a run with teachers of four formats ends with the same bits though workers are killed', async () => {
  const all = ['layers', 'external', 'graph', 'saved'];
  await client.submitRun(specification('calm', all));
  const calm = await succeeded(client, 'calm');
  for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);

  await client.submitRun(specification('disturbed', all));
  await untilRun(client, 'disturbed', hasTaken(20));
  await cluster.kill('teacher-1', 'SIGKILL');
  await untilRun(client, 'disturbed', hasTaken(50));
  await cluster.startTeacherWorker();
  await cluster.kill('student-1', 'SIGKILL');
  await cluster.startStudentWorker();
  await cluster.kill('teacher-2', 'SIGKILL');
  const disturbed = await succeeded(client, 'disturbed');
  expect(disturbed.finalWeightsDigest).toBe(calm.finalWeightsDigest);
  const report = await client.getReport('disturbed');
  expect(report).toMatchObject({ bitExact: true, bitExactExceptions: [] });

  await client.submitRun(specification('alone', ['layers']));
  const alone = await succeeded(client, 'alone');
  expect(alone.finalWeightsDigest).not.toBe(calm.finalWeightsDigest);
});

test('a run says that no worker takes a teacher whose rows depend on one another', async () => {
  await client.submitRun(specification('mixed', ['batch-mean']));
  await untilRun(client, 'mixed', ({ reason }) =>
    reason.includes('depends on the other samples of the batch'),
  );
});

test('submit refuses an ONNX model as a student', async () => {
  const document = JSON.parse(specification('start', ['layers']));
  document.spec.student.model = { model: 'external' };
  await expect(client.submitRun(JSON.stringify(document))).rejects.toThrow(
    'spec.student.model.model: is of format onnx; a student is trained as a TensorFlow.js layers model',
  );
});
