/**
 * A black-box endpoint as one of three teachers in a real cluster. The endpoint is an HTTP server in this process: it
 * counts which samples reach it, refuses calls and goes away meanwhile. The cluster's workers are killed as well.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import {
  hasTaken,
  PATIENT,
  runDocument,
  startCluster,
  succeeded,
  untilRun,
} from './cluster-runs.js';
import { SIDE, smallImagesBytes } from './small-images.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 1_200_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
let folder: string;
let server: Endpoint;
/** How often each sample reached the server and was answered, by its values. */
const answered = new Map<string, number>();
let calls = 0;
let refusing = false;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'endpoint-teacher-'));
  server = await startEndpoint((text, response) => {
    calls += 1;
    // Every seventh call is refused.
    if (refusing || calls % 7 === 0) return response.writeHead(429, { 'retry-after': '0' }).end();
    const { rows } = JSON.parse(text) as { rows: number[][][][] };
    const said = rows.map((row) => {
      const key = JSON.stringify(row);
      answered.set(key, (answered.get(key) ?? 0) + 1);
      const sum = row.flat(2).reduce((total, value) => total + value, 0);
      return { is: sum > 0.2 ? 'yes' : sum < -4 ? 'unsure' : 'no' };
    });
    response.end(JSON.stringify({ said }));
  });
  const url = `${server.url}/`;
  const endpoint = {
    url,
    headers: { 'x-key': { secret: 'endpoint-key' } },
    request: { rows: '$inputs' },
    answer: '/said/*/is',
    classes: { yes: 'even', no: 'odd', unsure: null },
    batch: 5,
    timeoutMs: 20_000,
  };
  cluster = await startCluster({
    teacherWorkers: 2,
    env: { LYCEUM_SECRET_ENDPOINT_KEY: 'k', LYCEUM_HOSTS_OF_ENDPOINT_KEY: '127.0.0.1' },
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'one', tinyModelBytes(0.3, SIDE * SIDE, 2));
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'two', tinyModelBytes(0.7, SIDE * SIDE, 2));
  for (const [name, fields] of Object.entries({
    box: {},
    elsewhere: { classes: { yes: 'prime' } },
    keyless: { headers: { 'x-key': { secret: 'nobody-has-it' } }, revision: 'keyless' },
  })) {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, JSON.stringify({ ...endpoint, ...fields }));
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, await readModel(file, undefined));
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Changes {
  readonly access?: string;
  readonly model?: string;
}

function specification(name: string, changes: Changes = {}): string {
  const { access = 'black', model = 'box' } = changes;
  return runDocument(name, {
    dataset: 'small',
    teachers: [
      { name: 'one', model: 'one' },
      { name: 'two', model: 'two' },
      { name: 'box', model, access },
    ],
    teacherHealth: { accept: ['one', 'two', 'box'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'vote', weight: 0.5 }, { term: 'ce' }],
    training: { batchSize: 32, steps: 60, checkpointEverySteps: 10 },
  });
}

test('an endpoint teaches by votes in spite of refusals and a killed student, and is asked once', async () => {
  refusing = true;
  await client.submitRun(specification('disturbed'));
  // The first questions are refused; workers hand them back and stay.
  await vi.waitFor(() => expect(calls).toBeGreaterThan(20), PATIENT);
  expect(cluster.processes.filter(({ kind }) => kind === 'teacher').length).toBe(2);
  refusing = false;
  await untilRun(client, 'disturbed', hasTaken(15));
  await cluster.kill('student-1', 'SIGKILL');
  await cluster.startStudentWorker();
  const disturbed = await succeeded(client, 'disturbed');

  const report = await client.getReport('disturbed');
  expect(report.bitExact).toBe(false);
  expect(report.bitExactExceptions.join()).toContain('teacher box is asked over the network');
  // 400 samples; each of the two workers tests itself on the 40 of the validation split.
  expect(answered.size).toBe(400);
  expect([...answered.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(40);

  const before = calls;
  await client.submitRun(specification('again'));
  const again = await succeeded(client, 'again');
  expect(again.finalWeightsDigest).toBe(disturbed.finalWeightsDigest);
  expect(calls).toBe(before);
  expect((await client.getReport('again')).bitExactExceptions).toEqual([]);
});

test.each<[Changes, string]>([
  [
    { access: 'white' },
    'spec.teachers[2].access: want black, got white: spec.teachers[2].model is box, which answers with classes alone',
  ],
  [
    { model: 'elsewhere' },
    'spec.teachers[2].model: answers with classes that the data set does not have: prime',
  ],
])('submit refuses an endpoint with %j', async (changes, message) => {
  await expect(client.submitRun(specification('refused', changes))).rejects.toThrow(message);
});

test('a run names the secret of its endpoint that no worker has', async () => {
  await client.submitRun(specification('keyless', { model: 'keyless' }));
  await untilRun(client, 'keyless', ({ reason }) =>
    reason.includes('there is no secret nobody-has-it'),
  );
  await client.cancelRun('keyless');
});
