/**
 * Teachers with recorded answers, in a real cluster. Oracles: the same run with the teacher that gave the answers must
 * have the same bits; and arithmetic for missing votes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDataset } from '@lyceum/learning/datasets';
import { readNpz, writeNpz } from '@lyceum/learning/files';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { describedSet, readRecordedModel } from '../../src/import/recorded-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { numbers, SIDE, smallImagesBytes } from './small-images.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 1_200_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
let folder: string;
const set = parseDataset(smallImagesBytes());

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recorded-teacher-'));
  cluster = await startCluster({
    teacherWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'other', otherSetBytes());
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'tiny', tinyModelBytes(0.3, SIDE * SIDE, 2));
  const logits = numbers(5, set.sampleCount * 2);
  await record(
    'logits',
    writeNpz([['logits', { dtype: 'float32', shape: [400, 2], data: logits }]]),
    'npz',
  );
  const votes = (from: number) =>
    Array.from({ length: set.sampleCount }, (_, sample) => ({ sample, class: sample % 2 }))
      .slice(from)
      .map((row) => JSON.stringify(row))
      .join('\n');
  await record('all', votes(0), 'jsonl');
  await record('some', votes(13), 'jsonl');
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function otherSetBytes(): Buffer {
  const { inputs } = set;
  return Buffer.from(smallImagesBytesOf(inputs.map((value) => -value) as Float32Array));
}

function smallImagesBytesOf(inputs: Float32Array): Buffer {
  const arrays = readNpz(smallImagesBytes());
  const labels = arrays.get('labels');
  const splits = arrays.get('splits');
  if (labels === undefined || splits === undefined) throw new Error('no data set');
  return writeNpz(
    [
      ['inputs', { dtype: 'float32', shape: [400, SIDE, SIDE, 1], data: inputs }],
      ['labels', labels],
      ['splits', splits],
    ],
    [
      [
        'meta.json',
        JSON.stringify({
          format: 'lyceum.dev/dataset/v1',
          classCount: 2,
          classNames: ['even', 'odd'],
          inputScale: 1,
        }),
      ],
    ],
  );
}

async function record(name: string, content: Buffer | string, ending: string): Promise<void> {
  const file = join(folder, `${name}.${ending}`);
  writeFileSync(file, content);
  const bytes = readRecordedModel(file, await describedSet(client, 'small'));
  await client.pushArtifact(ARTIFACT_KIND_MODEL, name, bytes);
}

interface Spec extends Record<string, unknown> {
  readonly teachers: readonly ({ readonly name: string } & Record<string, unknown>)[];
}

function specification(name: string, spec: Spec): string {
  return runDocument(name, {
    dataset: 'small',
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    training: { batchSize: 32, steps: 40, checkpointEverySteps: 10 },
    teacherHealth: { accept: spec.teachers.map((teacher) => teacher.name) },
    ...spec,
  });
}

test('recorded logits teach with the same bits as the teacher that gave them', async () => {
  const run = (name: string, model: string) =>
    client.submitRun(specification(name, { teachers: [{ name: 'it', model }] }));
  await run('live', 'tiny');
  const live = await succeeded(client, 'live');
  // The predictions of the run have its teacher's answers to all 400 samples.
  const predictions = readNpz(await client.getPredictions('live'));
  const said = new Float32Array(400 * 2);
  for (const prefix of ['train.', 'validation.', '']) {
    const samples = predictions.get(`${prefix}sampleId`);
    const logits = predictions.get(`${prefix}teacher.it`);
    if (samples === undefined || logits === undefined)
      throw new Error([...predictions.keys()].join());
    for (const [row, sample] of Array.from(samples.data as Int32Array).entries()) {
      said.set((logits.data as Float32Array).subarray(row * 2, row * 2 + 2), sample * 2);
    }
  }
  await record(
    'said',
    writeNpz([['logits', { dtype: 'float32', shape: [400, 2], data: said }]]),
    'npz',
  );
  await run('recorded', 'said');
  const recorded = await succeeded(client, 'recorded');
  expect(recorded.finalWeightsDigest).toBe(live.finalWeightsDigest);
  expect(await client.getReport('recorded')).toMatchObject({ bitExact: true });
});

test('a missing recorded vote leaves the vote to the other teacher', async () => {
  const spec = {
    teachers: [
      { name: 'all', model: 'all', access: 'black' },
      { name: 'some', model: 'some', access: 'black' },
    ],
    objective: [{ term: 'vote' }],
  };
  await client.submitRun(specification('votes', spec));
  await succeeded(client, 'votes');
  const report = await client.getReport('votes');
  const [all, some] = report.teachers;
  // The votes are the labels: a teacher that lacks 13 training samples is wrong there, and the other is right.
  expect(all?.train.accuracy).toBe(1);
  expect(some?.train.accuracy).toBeCloseTo(1 - 13 / 320, 6);
  expect(report.ensemble?.train.accuracy).toBe(1);
});

test.each<[Spec, string]>([
  [
    { teachers: [{ name: 'it', model: 'logits' }], views: { seed: 1, shift: 0.1 } },
    'spec.views: changes the samples, but spec.teachers[0].model has answers only for the unchanged samples',
  ],
  [
    { teachers: [{ name: 'it', model: 'logits' }], dataset: 'other' },
    'spec.teachers[0].model: holds answers to data set',
  ],
  [{ teachers: [{ name: 'it', model: 'all' }] }, 'spec.teachers[0].access: want black, got white'],
  [
    { teachers: [{ name: 'it', model: 'logits', modality: 'pixels' }] },
    'spec.teachers[0].modality: has no meaning for recorded answers; leave it out',
  ],
])('submit refuses %j', async (spec, message) => {
  await expect(client.submitRun(specification('refused', spec))).rejects.toThrow(message);
});
