/**
 * A black-box endpoint, an HTTP server in this process, whose only worker is killed in the middle of a ticket and
 * started anew, as are the coordinator and NATS. The server counts how often it is asked about each sample: an
 * answered one is not paid for again.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { smallImagesBytes } from './small-images.js';

const PATIENT = { timeout: 180_000, interval: 10 };
const CONCURRENCY = 4;
const SAMPLES = 400;
/** Samples of the self-test, and of each canary: one at the run's first ticket, one before its end. */
const VALIDATION = 40;
const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 600_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
let folder: string;
let server: Endpoint;
const answered = new Map<string, number>();
let calls = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'killed-endpoint-'));
  server = await startEndpoint((text, response) => {
    calls += 1;
    const { row } = JSON.parse(text) as { row: number[][][] };
    const key = JSON.stringify(row);
    answered.set(key, (answered.get(key) ?? 0) + 1);
    const sum = row.flat(2).reduce((total, value) => total + value, 0);
    setTimeout(() => response.end(JSON.stringify({ is: sum > 0 ? 'even' : 'odd' })), 40);
  });
  const url = `${server.url}/`;
  cluster = await startCluster({
    restartWorkers: true,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  for (const name of ['worker', 'coordinator', 'nats']) {
    const file = join(folder, `${name}.yaml`);
    const described = { url, request: { row: '$input' }, answer: '/is', concurrency: CONCURRENCY };
    writeFileSync(file, JSON.stringify({ ...described, revision: name }));
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, await readModel(file, undefined));
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  answered.clear();
  calls = 0;
});

const BLOWS = {
  worker: () => cluster.kill('teacher-1', 'SIGKILL'),
  coordinator: () => cluster.restartCoordinator('SIGKILL'),
  nats: () => cluster.restartNats('SIGKILL'),
};

test.each(['worker', 'coordinator', 'nats'] as const)(
  'a kill of the %s in the middle of a ticket repeats only calls under way and canaries',
  async (name) => {
    await client.submitRun(
      runDocument(name, {
        dataset: 'small',
        teachers: [{ name: 'box', model: name, access: 'black' }],
        teacherHealth: { accept: ['box'] },
        student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
        objective: [{ term: 'vote', weight: 0.5 }, { term: 'ce' }],
        training: { batchSize: 32, steps: 30, checkpointEverySteps: 10 },
      }),
    );
    // In the middle of the first ticket, which has all training samples.
    await vi.waitFor(() => expect(answered.size).toBeGreaterThan(VALIDATION + 150), PATIENT);
    await BLOWS[name]();
    await succeeded(client, name);
    expect(answered.size).toBe(SAMPLES);
    // Calls under way, and two canaries; a coordinator that starts anew may ask for one more.
    const again = calls - SAMPLES;
    expect(again).toBeLessThanOrEqual(CONCURRENCY + 3 * VALIDATION);
  },
);
