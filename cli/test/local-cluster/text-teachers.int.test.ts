/**
 * A BERT (learning/test/fixtures/onnx-text) as a teacher of texts, pushed by the command line, in a real cluster. The
 * texts have the words that it was trained on, so that it must know nearly all of them; the set has its classes in
 * another order.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mulberry32 } from '@lyceum/learning/arrays';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyDatasetBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const MODEL = fileURLToPath(new URL('../../../learning/test/fixtures/onnx-text', import.meta.url));
const WORDS = {
  negative: 'bad awful dull weak silly'.split(' '),
  neutral: 'average ordinary usual plain middling'.split(' '),
  positive: 'good fine lovely funny clever'.split(' '),
};
const FILLERS = 'the a film story plot actor was is very and of it'.split(' ');
const SAMPLES = 300;

const root = mkdtempSync(join(tmpdir(), 'lyceum-text-teachers-'));
let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  const lines = Array.from({ length: SAMPLES }, (_, sample) => {
    let draws = 0;
    const one = (words: readonly string[]) =>
      words[Math.floor(mulberry32(sample, draws++) * words.length)] as string;
    const [stars, known] = Object.entries(WORDS)[sample % 3] as [string, string[]];
    const text = [...Array.from({ length: 1 + (sample % 14) }, () => one(FILLERS)), one(known)];
    return JSON.stringify({ review: `${text.join(' ')} ${one(known)}.`, stars });
  });
  writeFileSync(join(root, 'reviews.jsonl'), `${lines.join('\n')}\n`);
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(root, { recursive: true });
});

function document(name: string, change: object = {}): string {
  return runDocument(name, {
    dataset: 'reviews',
    teachers: [{ name: 'bert', model: 'bert' }],
    student: { model: { architecture: 'embedding-bag', dimension: 8 } },
    objective: [{ term: 'kd', temperature: 1 }],
    training: { batchSize: 32, epochs: 10, learningRate: 0.01, seed: 1 },
    ...change,
  });
}

test('models push tries a text teacher on texts, and measures it on the set', async () => {
  const push = ['datasets', 'push', 'reviews', join(root, 'reviews.jsonl')];
  const set = await runCli(cluster.address, ...push, '--text', 'review', '--label', 'stars');
  expect(set.code, set.stderr).toBe(0);
  const pushed = await runCli(
    cluster.address,
    'models',
    'push',
    'bert',
    MODEL,
    '--dataset',
    'reviews',
  );
  expect(pushed.code, pushed.stderr).toBe(0);
  expect(pushed.stderr).toContain('in the order of its output: positive, negative, neutral');
  expect(pushed.stderr).toContain(
    'tried on 128 texts, of which it reads 32 tokens, with onnxruntime',
  );
  expect(pushed.stderr).toMatch(/(9\d\.\d|100\.0) % of \d+ labelled validation samples/);
  expect(pushed.stdout).toMatch(/texts to 3 classes; [\d,]+ parameters; logits/);
  const checked = await runCli(cluster.address, 'models', 'check', MODEL, '--dataset', 'reviews');
  expect(checked.code, checked.stderr).toBe(0);
  expect(checked.stdout).toContain('Best: values texts');
});

test('a text teacher teaches a student of texts', async () => {
  await client.submitRun(document('taught'));
  await succeeded(client, 'taught');
  const { teachers, student } = await client.getReport('taught');
  for (const { accuracy } of [...teachers, student]) expect(accuracy).toBeGreaterThan(0.9);
});

test('submit refuses a text teacher for a set without texts, or with views', async () => {
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'numbers', tinyDatasetBytes(0));
  await expect(client.submitRun(document('numbers', { dataset: 'numbers' }))).rejects.toThrow(
    'spec.teachers[0].model: reads texts, and the data set was not made of texts',
  );
  await expect(client.submitRun(document('mixed', { views: { mixup: true } }))).rejects.toThrow(
    'spec.views: changes the samples, but spec.teachers[0].model reads their texts, which stay as',
  );
});

test('models push of a graph alone says how a text teacher is pushed', async () => {
  const alone = await runCli(cluster.address, 'models', 'push', 'x', join(MODEL, 'model.onnx'));
  expect(alone.code).not.toBe(0);
  expect(alone.stderr).toContain('A model that reads texts is pushed as its folder');
});
