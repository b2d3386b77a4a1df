/**
 * Models of scikit-learn as teachers, pushed without settings, in a real cluster. They have eleven classes "0" to "10"
 * as scikit-learn sorts them, "10" before "2"; the set's file is sorted by class. Each teacher must know the set, and
 * so must its student, which then is a teacher itself.
 */
import { fileURLToPath } from 'node:url';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { elevenClassesBytes } from './eleven-classes.js';
import { serveModels } from './served-models.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const NUMBERS = Array.from({ length: 11 }, (_, c) => String(c));
const WORDS = 'zero one two three four five six seven eight nine ten'.split(' ');
const FRENCH = 'nul un deux trois quatre cinq six sept huit neuf dix'.split(' ');
const MODELS = ['forest-strings', 'linear-strings', 'linear-ints', 'perceptron-strings'];
const SETS = new Map([
  ['numbered', NUMBERS],
  ['named', WORDS],
  ['padded', NUMBERS.map((name) => name.padStart(2, '0'))],
  ['french', FRENCH],
]);

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  for (const [name, classNames] of SETS) {
    await client.pushArtifact(ARTIFACT_KIND_DATASET, name, elevenClassesBytes(classNames));
  }
  const reversed = elevenClassesBytes(WORDS.toReversed(), WORDS);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'reversed', reversed);
  for (const model of MODELS) {
    const file = `../../../learning/test/fixtures/onnx/sklearn-${model}.onnx`;
    // The name of a forest's output says that it has probabilities.
    const bytes = await readModel(fileURLToPath(new URL(file, import.meta.url)), undefined);
    await client.pushArtifact(ARTIFACT_KIND_MODEL, model, bytes);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

function document(name: string, dataset: string, models: readonly string[]): string {
  return runDocument(name, {
    dataset,
    teachers: models.map((model) => ({
      name: model.replace(':', '-'),
      model,
      ...(model === 'served' && { access: 'gray' }),
    })),
    student: { model: { architecture: 'mlp', hiddenUnits: [32] } },
    objective: [{ term: 'kd', temperature: 1 }],
    training: { batchSize: 32, epochs: 40, learningRate: 0.01, seed: 1 },
  });
}

test.each(['numbered', 'named'])('teachers know a set whose classes are %s', async (dataset) => {
  const runId = `on-${dataset}`;
  await client.submitRun(document(runId, dataset, MODELS));
  expect((await succeeded(client, runId)).warnings).toEqual([]);
  const { teachers, student } = await client.getReport(runId);
  for (const { accuracy, parameters } of [...teachers, { ...student, parameters: 1 }]) {
    expect(accuracy).toBeGreaterThan(0.95);
    expect(parameters).toBeGreaterThan(0);
  }
});

test('submit refuses a teacher whose class names do not fit, and lists the names', async () => {
  await expect(
    client.submitRun(document('on-padded', 'padded', ['forest-strings'])),
  ).rejects.toThrow(
    "spec.teachers[0].model: its classes have 1 of the data set's 11, and want 2 at least; they lack 00, 01, 02, 03, 04, 05, 06, 07, …, and the data set lacks 0, 1, 2, 3, 4, 5, 6, 7, …",
  );
});

describe('a student of scikit-learn teachers', () => {
  const runId = 'taught';
  const own = `run:${runId}`;

  beforeAll(async () => {
    await client.submitRun(document(runId, 'named', MODELS));
    await succeeded(client, runId);
    await client.pushArtifact(
      ARTIFACT_KIND_MODEL,
      'again',
      await client.pullArtifact(ARTIFACT_KIND_MODEL, own),
    );
  });

  test('knows a set that has the same classes in another order, and so does its package', async () => {
    await client.submitRun(document('on-reversed', 'reversed', [own, 'again']));
    expect((await succeeded(client, 'on-reversed')).warnings).toEqual([]);
    const report = await client.getReport('on-reversed');
    for (const { accuracy } of [...report.teachers, report.student]) {
      expect(accuracy).toBeGreaterThan(0.9);
    }
  });

  test('knows the set from behind an inference server too, which tells its classes', async () => {
    const server = await serveModels({
      far: await client.pullArtifact(ARTIFACT_KIND_MODEL, own),
    });
    try {
      const description = { url: `grpc://${server.address}`, model: 'far' };
      await client.pushInferenceModel('served', checkInferenceDescription(description, 'test'));
      await client.submitRun(document('by-server', 'reversed', ['served']));
      await succeeded(client, 'by-server');
      const report = await client.getReport('by-server');
      expect(report.teachers[0]?.accuracy).toBeGreaterThan(0.9);
    } finally {
      await server.kill();
    }
  });

  test('is refused as a teacher of a set with other names', async () => {
    await expect(client.submitRun(document('on-french', 'french', [own]))).rejects.toThrow(
      "spec.teachers[0].model: its classes have 1 of the data set's 11, and want 2 at least; they lack nul, un, deux,",
    );
  });

  test('can be the start of another student, only on a set with its classes in its order', async () => {
    const on = (dataset: string) => {
      const run = JSON.parse(document('go-on', dataset, MODELS.slice(0, 1)));
      run.spec.student.model = { model: own };
      return JSON.stringify(run);
    };
    await expect(client.submitRun(on('reversed'))).rejects.toThrow(
      "spec.student.model.model: has the class zero at output 0, where spec.dataset has ten; a student has the set's order: push the set with --classes in the order of the model, or start from another one",
    );
    await client.submitRun(on('named'));
    await succeeded(client, 'go-on');
  });
});
