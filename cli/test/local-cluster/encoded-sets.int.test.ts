/**
 * A set of texts and a set of rows in a real cluster: a run's student teaches another, which is pulled in every
 * format. Raw samples, encoded here and by Python and run by ONNX Runtime, must give the logits of the run's
 * predictions.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeSample, parseDataset, parseEncoding, sampleText } from '@lyceum/learning/datasets';
import { readNpz } from '@lyceum/learning/files';
import { ArtifactKind } from '@lyceum/proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli, startCli } from '../commands/cli-process.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { importedBytes, PEOPLE, SENTENCES } from './encoded-set.js';

const { ARTIFACT_KIND_DATASET } = ArtifactKind;
const ENCODE = fileURLToPath(new URL('../../../examples/encode.py', import.meta.url));
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-encoded-'));
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  const sets = {
    texts: await importedBytes(folder, SENTENCES, { text: 'text', buckets: 256 }),
    coarse: await importedBytes(folder, SENTENCES, { text: 'text', buckets: 64 }),
    people: await importedBytes(folder, PEOPLE, {}),
  };
  for (const [name, bytes] of Object.entries(sets)) {
    await client.pushArtifact(ARTIFACT_KIND_DATASET, name, bytes);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

function training(name: string, dataset: string, model: object): string {
  const training = { batchSize: 32, epochs: 30, learningRate: 0.01 };
  return runDocument(name, { dataset, student: { model }, training }, 'Training');
}

function distillation(name: string, dataset: string, teacher: string, more: object = {}): string {
  return runDocument(name, {
    dataset,
    teachers: [{ name: 'first', model: teacher }],
    // The validation split has some 20 rows.
    teacherHealth: { accept: ['first'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    training: { batchSize: 32, epochs: 30, learningRate: 0.01 },
    ...more,
  });
}

async function succeeds(specification: string): Promise<void> {
  const { run } = await client.submitRun(specification);
  await succeeded(client, run.runId);
}

async function pulled(runId: string, format: string): Promise<string> {
  const out = join(folder, `${runId}-${format}`);
  const { code, stderr } = await runCli(cluster.address, 'pull', runId, '--format', format, '--out', out); // biome-ignore format: short
  expect([code, stderr]).toEqual([0, expect.stringContaining('encoding.json')]);
  return out;
}

const BAG = { architecture: 'embedding-bag', dimension: 8, hiddenUnits: [8] };
const STORIES: readonly [string, object, (sample: number) => unknown][] = [
  ['texts', BAG, (sample: number) => SENTENCES[sample]?.text],
  ['people', { architecture: 'mlp', hiddenUnits: [8] }, (sample: number) => PEOPLE[sample]],
];

describe.each(STORIES)('a set of %s', (dataset, architecture, rawOf) => {
  const student = `${dataset}-student`;

  test('is learnt by a teacher, and by a student from that teacher', async () => {
    await succeeds(training(`${dataset}-teacher`, dataset, architecture));
    await succeeds(distillation(student, dataset, `run:${dataset}-teacher`));
    const report = await client.getReport(student);
    expect(report.student.accuracy).toBeGreaterThan(dataset === 'texts' ? 0.95 : 0.8);
  });

  test('has its encoding in the pulled student: raw samples give the logits of the run', async () => {
    const out = await pulled(student, 'onnx');
    const encoding = parseEncoding(await readFile(join(out, 'encoding.json'), 'utf8'));
    const arrays = readNpz(await client.getPredictions(student));
    const samples = arrays.get('sampleId')?.data as Int32Array;
    const session = await InferenceSession.create(join(out, 'model.onnx'));
    const raw = [...samples].map(rawOf);
    const rows = raw.map((sample) => encodeSample(encoding, sample));
    const width = rows[0]?.length ?? 0;
    const inputs = new Tensor('float32', Float32Array.from(rows.flatMap((row) => [...row])), [rows.length, width]); // biome-ignore format: short
    const { logits } = await session.run({ input: inputs });
    await session.release();
    const want = arrays.get('student')?.data as Float32Array;
    const got = logits?.data as Float32Array;
    expect(got).toHaveLength(want.length);
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 4);

    const lines = raw.map((sample) =>
      typeof sample === 'string' ? sample : JSON.stringify(sample),
    );
    const input = `${lines.join('\n')}\n`;
    const printed = execFileSync('python3', [ENCODE, join(out, 'encoding.json')], { input });
    const byPython = printed.toString().trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: short
    expect(byPython).toEqual(rows.map((row) => [...row]));
  });

  test.each(['tfjs', 'safetensors'])('has its encoding in a pulled %s student', async (format) => {
    const out = await pulled(student, format);
    const onnx = join(folder, `${student}-onnx`, 'encoding.json');
    expect(await readFile(join(out, 'encoding.json'))).toEqual(await readFile(onnx));
  });
});

describe('a pulled student', () => {
  const predict = (dataset: string, args: readonly string[], input = '') =>
    startCli('127.0.0.1:1', ['predict', join(folder, `${dataset}-student-tfjs`), ...args], input)
      .result;

  test('classifies texts, one a line, as its run did', async () => {
    const arrays = readNpz(await client.getPredictions('texts-student'));
    const sampleIds = arrays.get('sampleId')?.data as Int32Array;
    const samples = [...sampleIds];
    const logits = arrays.get('student')?.data as Float32Array;
    const input = samples.map((sample) => `${SENTENCES[sample]?.text}\n`).join('');
    const { code, stdout } = await predict('texts', ['-o', 'json'], input);
    expect(code).toBe(0);
    const got = stdout.trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: short
    expect(got).toHaveLength(samples.length);
    for (const [row, { label, probability }] of got.entries()) {
      const difference = (logits[2 * row + 1] as number) - (logits[2 * row] as number);
      expect(label).toBe(difference > 0 ? 'bird' : 'berry');
      expect(probability).toBeCloseTo(1 / (1 + Math.exp(-Math.abs(difference))), 4);
    }
  });

  test('classifies rows of JSON lines and of CSV alike', async () => {
    const jsonl = PEOPLE.map(({ label: _, ...row }) => `${JSON.stringify(row)}\n`).join('');
    const file = join(folder, 'people.csv');
    const rows = PEOPLE.map(({ age, city, owner }) => `${owner},${city},${age ?? ''}\n`).join('');
    await writeFile(file, `owner,city,age\n${rows}`);
    const [fromJson, fromCsv] = [await predict('people', [], jsonl), await predict('people', [file])]; // biome-ignore format: short
    expect(fromCsv).toEqual(fromJson);
    expect(fromJson.stdout).toMatch(/^([ab]\t[01]\.\d{4}\n){200}$/);
  });

  test.each<[string, readonly string[], string, number, string]>([
    ['people', [], '{"age":1,"city":"Ulm","owner":true}\n{"age":1}\n', 2, 'standard input, line 2: has no column city'], // biome-ignore format: short
    ['people', [], '[1]\n', 2, 'standard input, line 1: is no JSON object'],
    ['people', ['nowhere.csv'], '', 3, 'nowhere.csv: no such file'],
    ['no', [], '', 3, 'model.json: no such file'],
  ])('of %s with %j and input %j exits with %d', async (dataset, args, input, code, message) => {
    const { code: got, stderr } = await predict(dataset, args, input);
    expect([got, stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('submit refuses', () => {
  test('a teacher of another encoding', async () => {
    await expect(
      client.submitRun(distillation('no', 'coarse', 'run:texts-teacher')),
    ).rejects.toThrow(
      'spec.teachers[0].model: was trained on texts or rows in another encoding: the samples of the data set are encoded otherwise (texts: hashed 1- to 4-grams of characters in 64 buckets)',
    );
  });

  test('a teacher that was pulled and pushed again, on another set', async () => {
    const folderOfTexts = join(folder, 'texts-student-tfjs');
    const pushed = await runCli(cluster.address, 'models', 'push', 'again', folderOfTexts);
    expect(pushed.code).toBe(0);
    await expect(client.submitRun(distillation('no', 'people', 'again'))).rejects.toThrow(
      'was trained on texts or rows in another encoding',
    );
    await succeeds(distillation('same', 'texts', 'again'));
  });

  test('a teacher of rows that are not encoded', async () => {
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'raw', tinyModelBytes(0.3, 3, 2));
    await expect(client.submitRun(distillation('no', 'people', 'raw'))).rejects.toThrow(
      /takes inputs of shape \[3\], and the samples have \[\d\] and are encoded \(rows: 2 columns of numbers/,
    );
  });

  test('views of pictures for a set of rows', async () => {
    const views = { shift: 0.1 };
    await expect(
      client.submitRun(distillation('no', 'people', 'run:people-teacher', { views })),
    ).rejects.toThrow('spec.views.shift: needs samples of shape [height, width, channels], and those of spec.dataset are ['); // biome-ignore format: short
  });

  test('a student of pictures for a set of texts', async () => {
    await expect(
      client.submitRun(training('no', 'texts', { architecture: 'conv' })),
    ).rejects.toThrow('spec.student.model.architecture: conv does not fit the samples of spec.dataset, [256]: layer conv_1'); // biome-ignore format: short
  });
});

test('a data set keeps its texts, and datasets show prints its encoding', async () => {
  const bytes = await client.pullArtifact(ARTIFACT_KIND_DATASET, 'texts');
  const { texts } = parseDataset(bytes);
  expect(texts && sampleText(texts, 7)).toBe(SENTENCES[7]?.text);
  const shown = await runCli(cluster.address, 'datasets', 'show', 'people');
  expect(shown.stdout).toMatch(
    /summary: "?rows: 2 columns of numbers and 1 of categories in \d numbers/,
  );
  expect(shown.stdout).toContain('deviation: ');
  const listed = await runCli(cluster.address, 'datasets', 'list');
  expect(listed.stdout).toContain('texts: hashed 1- to 4-grams of characters in 256 buckets');
  const unknown = await runCli(cluster.address, 'datasets', 'show', 'nobody');
  expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining('no data set nobody') });
});
