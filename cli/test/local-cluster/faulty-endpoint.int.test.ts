/**
 * A faulty endpoint in a real cluster: an HTTP server in this process that answers 200 with unreadable bodies, for a
 * moment or until it is mended, 503, and 400 to samples of another shape; or whose model is replaced. Depending on the
 * fault, the question is asked again, or the run that asks it waits or is paused; the worker, and other runs of the
 * same teacher, go on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind, LogLevel } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient, hasEnded } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import {
  isPaused,
  PATIENT,
  runDocument,
  startCluster,
  succeeded,
  untilRun,
} from './cluster-runs.js';
import { numbers, SIDE, smallImagesBytes } from './small-images.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let server: Endpoint;
/** How the next calls are answered. */
let mood: 'well' | 'stutters' | 'html' | 'away' | 'busy' = 'well';
/** Number of samples until another model answers. */
let leftUntilSwap = Number.POSITIVE_INFINITY;
const asked = new Set<string>();
let stutters = 0;
let calls = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faulty-endpoint-'));
  server = await startEndpoint((text, response) => {
    calls += 1;
    const { rows } = JSON.parse(text) as { rows: unknown[][] };
    if (rows.some((row) => row.length !== SIDE)) return response.writeHead(400).end('{"want":6}');
    if (mood === 'busy') return response.writeHead(503, { 'retry-after': '600' }).end();
    if (mood === 'away') return response.writeHead(503).end();
    if (mood === 'html') return response.end('<html>back soon</html>');
    if (mood === 'stutters' && !asked.has(text)) {
      asked.add(text);
      stutters += 1;
      const half = ['{"said":[', '', '{"error":{}}', '{"said":[{"is":NaN}]}'][stutters % 4];
      return response.end(half);
    }
    const said = rows.map((row) => {
      const sum = (row.flat(2) as number[]).reduce((total, value) => total + value, 0);
      return { is: sum > 0 === leftUntilSwap-- > 0 ? 'even' : 'odd' };
    });
    response.end(JSON.stringify({ said }));
  });
  const endpoint = {
    url: `${server.url}/`,
    request: { rows: '$inputs' },
    answer: '/said/*/is',
    batch: 8,
    attempts: 2,
  };
  cluster = await startCluster({
    studentWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  const rows = encodeDataset({
    sampleShape: [5],
    sampleCount: 100,
    classCount: 2,
    classNames: ['even', 'odd'],
    inputs: numbers(5, 500),
    inputScale: 1,
    labels: Int32Array.from({ length: 100 }, (_, i) => i % 2),
    splits: Uint8Array.from({ length: 100 }, (_, i) => (i < 60 ? 1 : i < 80 ? 2 : 3)),
  });
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'rows', rows);
  for (const [name, more] of Object.entries({
    box: {},
    second: { revision: '2' },
    third: { revision: '3' },
    away: { revision: 'away' },
    calm: { revision: 'calm' },
    swapped: { revision: 'swapped' },
    paid: { revision: '4', price: { perCall: 0.01 } },
    counted: { revision: 'counted', price: { perCall: 0.5, currency: 'EUR' } },
  })) {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, JSON.stringify({ ...endpoint, ...more }));
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, await readModel(file, undefined));
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function specification(name: string, dataset: string, model: string, spec: object = {}): string {
  return runDocument(name, {
    dataset,
    teachers: [{ name: 'box', model, access: 'black' }],
    teacherHealth: { accept: ['box'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'vote', weight: 0.5 }, { term: 'ce' }],
    training: { batchSize: 32, steps: 30, checkpointEverySteps: 10 },
    ...spec,
  });
}

async function loggedOf(runId: string, level?: LogLevel): Promise<string[]> {
  const texts: string[] = [];
  for await (const { lines } of client.listLogs(runId, level === undefined ? {} : { level })) {
    texts.push(...lines.map(({ from, message }) => `${from}: ${message}`));
  }
  return texts;
}

test('an unreadable answer of an endpoint is asked for again, and the run goes on', async () => {
  mood = 'stutters';
  const before = calls;
  await client.submitRun(specification('stuttering', 'small', 'counted'));
  await succeeded(client, 'stuttering');
  expect(stutters).toBeGreaterThan(10);
  mood = 'well';
  // Each call has a price, also one without a readable answer; canaries are counted apart.
  const { cost, teachers } = await client.getReport('stuttering');
  const { calls: counted, price } = cost?.teachers[0] ?? {};
  const canaryCalls = (teachers[0]?.canarySamples?.used ?? 0) / 8;
  const ofCanaries = calls - before - (counted?.count ?? 0);
  expect(ofCanaries).toBeGreaterThanOrEqual(canaryCalls);
  expect(ofCanaries).toBeLessThanOrEqual(2 * canaryCalls);
  expect(price).toEqual({ amount: 0.5 * (counted?.count ?? 0), currency: 'EUR' });
});

test('a data set that an endpoint refuses pauses the run that asks about it, and no other', async () => {
  await client.submitRun(specification('wrong-shape', 'rows', 'second'));
  const { reason } = await untilRun(client, 'wrong-shape', isPaused);
  expect(reason).toMatch(/box.*answers 400 Bad Request, 10 bytes/);
  expect(reason).not.toContain('want');
  // A worker sends its lines a little later.
  await vi.waitFor(async () => {
    const said = await loggedOf('wrong-shape', LogLevel.LOG_LEVEL_WARN);
    expect(said.join('\n')).toMatch(/^teacher-1: teacher box: .*answers 400 Bad Request/m);
  }, PATIENT);
  expect(await client.listQuarantines()).toEqual([]);
  // The same teacher on the same worker.
  await client.submitRun(specification('right-shape', 'small', 'second'));
  await succeeded(client, 'right-shape');
  expect(await client.listQuarantines()).toEqual([]);
  // The logs of the run have lines of its own programs, and none of the other run.
  await vi.waitFor(async () => {
    const texts = await loggedOf('right-shape');
    expect(texts.join('\n')).toMatch(/^student-\d: training finished/m);
    expect(texts.join('\n')).toMatch(/^coordinator: run changed state/m);
    expect(texts.filter((text) => text.includes('wrong-shape'))).toEqual([]);
  }, PATIENT);
  // Nothing has changed: the run is paused with the same reason.
  await client.resumeRun('wrong-shape');
  expect((await untilRun(client, 'wrong-shape', isPaused)).reason).toContain('answers 400');
  await client.cancelRun('wrong-shape');
});

test('submit --dry-run asks an endpoint about one batch if that is free, and reports its fault', async () => {
  const dry = (dataset: string, model: string, askPaid = false) =>
    client.submitRun(specification(`dry-${dataset}-${model}`, dataset, model), {
      dryRun: true,
      askPaid,
    });
  calls = 0;
  expect((await dry('small', 'box')).warnings).toEqual([]);
  expect(calls).toBe(1);
  await expect(dry('rows', 'box')).rejects.toThrow(
    /spec\.teachers\[0\]: does not answer: .*answers 400 Bad Request, 10 bytes/,
  );
  mood = 'html';
  await expect(dry('small', 'box')).rejects.toThrow('its answer is no JSON, 22 bytes');
  mood = 'busy';
  expect((await dry('small', 'box')).warnings).toEqual([
    expect.stringMatching(/^teacher box was not tried: .*it asks to wait 10 minutes; tried once$/),
  ]);
  mood = 'well';
  calls = 0;
  expect((await dry('rows', 'paid')).warnings).toEqual([
    'teacher box was not tried: its calls have a price; --ask-paid asks it about one batch',
  ]);
  expect(calls).toBe(0);
  await expect(dry('rows', 'paid', true)).rejects.toThrow('answers 400 Bad Request');
  expect(calls).toBe(1);
  expect((await client.listRuns()).map(({ runId }) => runId)).not.toContain('dry-small-box');
});

test('a faulty endpoint pauses its run, which goes on once the endpoint is mended', async () => {
  mood = 'html';
  await client.submitRun(specification('down', 'small', 'third'));
  const { reason } = await untilRun(client, 'down', isPaused);
  expect(reason).toContain('its answer is no JSON, 22 bytes; tried 2 times');
  expect(await client.listQuarantines()).toEqual([]);
  mood = 'well';
  await client.resumeRun('down');
  await succeeded(client, 'down');
});

test('a run whose endpoint is away waits, says why, and goes on', async () => {
  mood = 'away';
  await client.submitRun(specification('away', 'small', 'away'));
  const says = /teacher box cannot answer at the moment \(.*answers 503 .*; tried 2 times\)/;
  await untilRun(client, 'away', ({ reason }) => says.test(reason));
  const problems = async () => (await client.listWorkers()).flatMap((worker) => worker.problems);
  expect((await problems()).join()).toMatch(/teacher \w+ does not answer: .*answers 503/);
  mood = 'well';
  await succeeded(client, 'away');
  expect((await problems()).join()).not.toContain('does not answer');
});

test('a replaced model behind an endpoint is found, and the run ends as an undisturbed one', async () => {
  await client.submitRun(specification('calm', 'small', 'calm'));
  await succeeded(client, 'calm');
  const [calm] = (await client.getReport('calm')).teachers;
  // Each canary asks about the 40 samples of the validation split.
  const { used = 0, allowed } = calm?.canarySamples ?? {};
  expect([used > 0, used % 40, allowed]).toEqual([true, 0, 256]);

  // 40 samples of the self-test, and 100 of the run.
  leftUntilSwap = 140;
  await client.submitRun(specification('swapped', 'small', 'swapped'));
  const held = await untilRun(
    client,
    'swapped',
    (run) => run.reason.includes('quarantined') || hasEnded(run),
  );
  expect(held.reason).toContain('quarantined');
  leftUntilSwap = Number.POSITIVE_INFINITY;
  await client.releaseWorker('teacher-1');
  if (isPaused(held)) await client.resumeRun('swapped');
  await succeeded(client, 'swapped');
  const digestOf = async (runId: string) => (await client.getRun(runId)).finalWeightsDigest;
  expect(await digestOf('swapped')).toBe(await digestOf('calm'));
  const [swapped] = (await client.getReport('swapped')).teachers;
  expect(swapped?.accuracy).toBe(calm?.accuracy);
  expect(swapped?.canarySamples?.used).toBeGreaterThan(0);
});
