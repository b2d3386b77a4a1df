/**
 * Rows of numbers and a folder of images through all three stages, as processes, with a real cluster and an HTTP
 * server in this process that decodes what it is sent. Oracles: the pixels and numbers that were put in.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { runCli } from '../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';
const COUNT = 60;
vi.setConfig({ testTimeout: 600_000 });

const root = mkdtempSync(join(tmpdir(), 'imitation-inputs-'));
let server: Endpoint;
let url: string;

beforeAll(async () => {
  server = await startEndpoint(async (text, response) => {
    const body = JSON.parse(text) as { row?: number[]; png?: string };
    response.end(JSON.stringify({ is: await answerOf(body) }));
  });
  url = server.url;
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

async function answerOf({ row, png }: { row?: number[]; png?: string }): Promise<string> {
  if (row !== undefined) return (row[0] as number) > (row[1] as number) / 1000 ? 'first' : 'second';
  const { channels } = await sharp(Buffer.from(png ?? '', 'base64')).stats();
  return (channels[0]?.mean ?? 0) > 127 ? 'first' : 'second';
}

function document(name: string, inputs: object, endpoint: object, train: object): string {
  const file = join(root, `${name}.yaml`);
  const teachers = ['one', 'two'].map((own) => ({
    name: own,
    endpoint: { url: `${url}/${own}`, answer: '/is', ...endpoint },
  }));
  const run = {
    student: { model: { architecture: 'mlp', hiddenUnits: [] } },
    training: { batchSize: 16, epochs: 30, learningRate: 0.05 },
  };
  const spec = { inputs, classes: ['first', 'second'], teachers, train: { ...train, run } };
  const head = { apiVersion: 'lyceum.dev/v1alpha1', kind: 'Imitation', metadata: { name } };
  writeFileSync(file, JSON.stringify({ ...head, spec }));
  return file;
}

const stage = (address: string, name: string, file: string, ...more: string[]) =>
  runCli(address, 'imitation', name, file, '--folder', `${file}.stages`, ...more);

const linesOf = (file: string) =>
  readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // biome-ignore format: one line

test('imitation collects, keeps and trains on rows of numbers and images of several sizes', async () => {
  // The second number is a thousand times as large as the first: training must scale both.
  const rows = Array.from({ length: COUNT }, (_, i) => [
    (i * 7) % COUNT,
    ((i * 13) % COUNT) * 1000 + 0.5,
  ]);
  writeFileSync(join(root, 'rows.csv'), ['a,b', ...rows.map((row) => row.join())].join('\n'));
  mkdirSync(join(root, 'pictures', 'more'), { recursive: true });
  for (let i = 0; i < COUNT; i++) {
    const grey = (i % 2) * 180 + i / 2;
    const picture = sharp({
      create: {
        width: 8 + (i % 3),
        height: 10,
        channels: 3,
        background: { r: grey, g: grey, b: grey },
      },
    });
    await picture.png().toFile(join(root, 'pictures', i < 9 ? 'more' : '', `${i}.png`));
  }
  const tables = document(
    'tables',
    { source: 'rows.csv', numbers: ['a', 'b'] },
    { input: 'values', request: { row: '$input' } },
    {},
  );
  const pictures = document(
    'pictures',
    { source: 'pictures' },
    { input: 'png', request: { png: '$input' } },
    { size: '8x8', channels: 'gray' },
  );
  const cluster = await startCluster();
  const client = new CoordinatorClient(cluster.address);
  try {
    for (const file of [tables, pictures]) {
      expect(await stage(NOBODY, 'collect', file)).toMatchObject({ code: 0 });
      expect(await stage(NOBODY, 'check', file)).toMatchObject({ code: 0 });
      const kept = linesOf(join(`${file}.stages`, 'kept.jsonl'));
      expect(kept.length).toBe(COUNT);
      for (const { numbers, image, consensus } of kept) {
        const is =
          image === undefined ? tableTruth(numbers as number[]) : pictureTruth(image as string);
        expect(consensus).toBe(is);
      }
      const trained = await stage(cluster.address, 'train', file);
      expect(trained.stderr).not.toContain('error');
      expect(trained.code).toBe(0);
    }
    expect((await client.getReport('tables')).student.accuracy).toBeGreaterThan(0.8);
    expect((await client.getReport('pictures')).student.accuracy).toBe(1);
    const shapeOf = async (name: string) =>
      parseDataset(await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, name)).sampleShape;
    expect(await shapeOf('tables')).toEqual([2]);
    expect(await shapeOf('pictures')).toEqual([8, 8, 1]);
  } finally {
    client.close();
    await cluster.stop();
  }
});

const tableTruth = ([a = 0, b = 0]: number[]) => (a > b / 1000 ? 'first' : 'second');
const pictureTruth = (image: string) =>
  Number(/(\d+)\.png$/.exec(image)?.[1]) % 2 === 1 ? 'first' : 'second';
