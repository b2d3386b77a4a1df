/**
 * Pipelines of scikit-learn and models of Keras (learning/test/fixtures/onnx-table, saved-model-table) as teachers of
 * a table, pushed by the command line, in a real cluster; and an inference server over HTTP. They were trained on the
 * table as it is; the student sees the set's encoding.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNpz } from '@lyceum/learning/files';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type JsonInput,
  startJsonServer,
} from '../../../learning/test/open-inference/json-server.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const FIXTURES = fileURLToPath(new URL('../../../learning/test/fixtures', import.meta.url));
const FILES = join(FIXTURES, 'onnx-table');
const PEOPLE = join(FILES, 'people.csv');

const root = mkdtempSync(join(tmpdir(), 'lyceum-table-teachers-'));
let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(root, { recursive: true });
});

async function run(...words: string[]) {
  const done = await runCli(cluster.address, ...words);
  expect(done.code, done.stderr).toBe(0);
  return done;
}

function settingsFile(name: string, settings: object): string {
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

function pushModel(name: string, file: string, ...options: string[]) {
  return run('models', 'push', name, file, '--dataset', 'people', ...options);
}

function document(name: string, change: object = {}): string {
  return runDocument(name, {
    dataset: 'people',
    teachers: ['each', 'numbers', 'keras'].map((model) => ({ name: model, model })),
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', temperature: 1 }],
    training: { batchSize: 16, epochs: 20, learningRate: 0.02, seed: 1 },
    ...change,
  });
}

test('models push takes teachers of a table, and measures them on the table as it is', async () => {
  await run('datasets', 'push', 'people', PEOPLE, '--label', 'pay');
  const each = await pushModel('each', join(FILES, 'each.onnx'));
  expect(each.stderr).toContain('not tried on noise: it reads texts, and may refuse');
  expect(each.stderr).toMatch(/(9\d\.\d|100\.0) % of 12 labelled validation samples/);
  expect(each.stdout).toContain('4 columns of a table to 2 classes');
  const columns = ['age', 'hours per-week'];
  const settings = settingsFile('numbers', { columns });
  const numbers = await pushModel('numbers', join(FILES, 'numbers.onnx'), '--settings', settings);
  expect(numbers.stderr).toContain('tried on 128 rows of noise in 2 columns with onnxruntime');
  expect(numbers.stderr).toMatch(/(9\d\.\d|100\.0) % of 12 labelled validation samples/);
  const keras = await pushModel('keras', join(FIXTURES, 'saved-model-table', 'each'));
  expect(keras.stderr).toMatch(/(9\d\.\d|100\.0) % of 12 labelled validation samples/);
  expect(keras.stdout).toContain('4 columns of a table to 2 classes');
  const sigmoid = join(FIXTURES, 'saved-model-table', 'text');
  const trade = settingsFile('trade', { columns: ['trade'] });
  const words = await pushModel('words', sigmoid, '--settings', trade);
  expect(words.stderr).toMatch(/[5-9]\d\.\d % of 12 labelled validation samples/);
  expect(words.stdout).toContain('a text to 2 classes; ');
});

test('teachers of a table teach a student of encoded rows', async () => {
  await client.submitRun(document('taught'));
  await succeeded(client, 'taught');
  const { teachers, student } = await client.getReport('taught');
  for (const { accuracy } of [...teachers, student]) expect(accuracy).toBeGreaterThan(0.8);
});

test('an inference server with an input for each column teaches, too', async () => {
  const server = await startJsonServer({
    inputs: [
      { name: 'age', datatype: 'FP64', shape: [-1] },
      { name: 'trade', datatype: 'BYTES', shape: [-1, 1] },
    ],
    output: { name: 'predict_proba', datatype: 'FP64', shape: [-1, 2] },
    answer: (inputs, rows) => {
      const [ages, trades] = ['age', 'trade'].map(
        (name) => inputs.find((input) => input.name === name)?.data,
      );
      return Array.from({ length: rows }, (_, row) => muchOf(ages?.[row], trades?.[row])).flatMap(
        (much) => [1 - much, much],
      );
    },
  });
  try {
    const behind = ['--inference', server.url, '--model', 'm'];
    const pushed = await run('models', 'push', 'far', ...behind, '--dataset', 'people');
    expect(pushed.stderr).toContain('not tried on people: submit RUN --dry-run asks it');
    expect(pushed.stdout).toContain('2 columns of a table to 2 classes; m at http://127.0.0.1');
    const change = { teachers: [{ name: 'far', model: 'far' }] };
    await client.submitRun(document('served', change));
    await succeeded(client, 'served');
    const arrays = readNpz(await client.getPredictions('served'));
    const samples = [...(arrays.get('sampleId')?.data ?? [])].map(Number);
    expect(samples).toHaveLength(24);
    const logits = arrays.get('teacher.far')?.data ?? [];
    const lines = readFileSync(PEOPLE, 'utf8').trimEnd().split('\n').slice(1);
    for (const [row, sample] of samples.entries()) {
      const [, age = '', trade = ''] =
        /^([^,]*),[^,]*,("[^"]*"|[^,]*),/.exec(lines[sample] as string) ?? [];
      const much = muchOf(age === '' ? null : Number(age), trade.replaceAll('"', ''));
      expect(Math.exp(Number(logits[2 * row + 1]))).toBeCloseTo(much, 5);
    }
  } finally {
    server.close();
  }
});

/** The server's probability of `much` for a row. */
function muchOf(
  age: JsonInput['data'][number] | undefined,
  trade: JsonInput['data'][number] | undefined,
): number {
  const years = age === null ? 50 : Number(age);
  return 1 / (1 + Math.exp((45 - years) / 8 + (String(trade).length - 5) / 20));
}

test('submit refuses teachers of a table for a set with other columns, or with views', async () => {
  await run('datasets', 'push', 'fewer', PEOPLE, '--label', 'pay', '--columns', 'town=ignore');
  await expect(client.submitRun(document('fewer', { dataset: 'fewer' }))).rejects.toThrow(
    'spec.teachers[0].model: reads the column town, which the data set does not have; it has age',
  );
  await expect(client.submitRun(document('mixed', { views: { mixup: true } }))).rejects.toThrow(
    'spec.views: changes the samples, but spec.teachers[0].model reads their columns, which stay',
  );
});

test('models push and models check find a model of plain numbers, and check writes its columns', async () => {
  const numbers = join(root, 'numbers.csv');
  const rows = Array.from({ length: 200 }, (_, n) => {
    const [age, hours] = [18 + ((n * 37) % 60), 20 + ((n * 53) % 40)];
    return `${age},${hours},${age > 45 ? 'much' : 'little'}`;
  });
  writeFileSync(numbers, ['age,hours per-week,pay', ...rows].join('\n'));
  await run('datasets', 'push', 'numbers', numbers, '--label', 'pay');
  const model = join(FILES, 'numbers.onnx');
  const pushed = await run('models', 'push', 'plain', model, '--dataset', 'numbers');
  expect(pushed.stderr).toContain("if it is given the table's columns as they are, not encoded");
  const found = join(root, 'found.json');
  const checked = await run('models', 'check', model, '--dataset', 'numbers', '--write', found);
  expect(checked.stdout).toContain("Best: values the table's columns");
  const again = ['models', 'push', 'told', model, '--dataset', 'numbers', '--settings', found];
  expect((await run(...again)).stdout).toContain('2 columns of a table to 2 classes');
});

test('models push of an endpoint with a set does not ask the endpoint', async () => {
  const file = join(root, 'box.yaml');
  writeFileSync(file, 'url: http://127.0.0.1:1/\nrequest: $input\nanswer: /pay\ninput: row\n');
  const pushed = await run('models', 'push', 'box', file, '--dataset', 'people');
  expect(pushed.stderr).toContain('not tried on people: submit RUN --dry-run asks it');
  expect(pushed.stdout).toContain('rows of a table; says a class alone; in: row to http://127');
  const checked = await runCli(cluster.address, 'models', 'check', 'box', '--dataset', 'people');
  expect(checked.stderr).toContain('ensemble evaluate --teachers box --dataset people');
});
