/**
 * A model with which every process ends that opens it, in a real cluster of one teacher worker: it counts for ever, and the test
 * kills the worker while it does. Another run on the same worker must get its turn.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArtifactKind, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { smallImagesBytes } from './small-images.js';

const PATIENT = { timeout: 180_000, interval: 20 };
const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await LocalCluster.start({
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: 1,
    restartWorkers: true,
    environment: process.env,
  });
  client = new CoordinatorClient(cluster.address);
  const classNames = ['a', 'b', 'c', 'd', 'e'];
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes(classNames));
  for (const [name, file] of [
    ['bad', 'endless'],
    ['good', 'fixed-batch'],
  ] as const) {
    const path = new URL(`../../../learning/test/fixtures/onnx/${file}.onnx`, import.meta.url);
    const bytes = await readModel(fileURLToPath(path), { output: 'logits' });
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, bytes);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

function submit(name: string): Promise<unknown> {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name },
    spec: {
      dataset: 'small',
      teachers: [{ name, model: name }],
      teacherHealth: { accept: [name] },
      student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
      objective: [{ term: 'kd', temperature: 1 }],
      training: { batchSize: 32, epochs: 1, seed: 1 },
    },
  };
  return client.submitRun(JSON.stringify(document));
}

/** How many processes have begun to open a teacher that none has opened. */
function noted(): string[] {
  const folder = join(cluster.stateDir, 'teacher-1', 'opening');
  return existsSync(folder)
    ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    : [];
}

test('a teacher with which its worker ends again and again is given up, and others get their turn', async () => {
  await submit('bad');
  for (let end = 1; end <= 5; end++) {
    await expect.poll(noted, PATIENT).toEqual([String(end)]);
    await cluster.kill('teacher-1', 'SIGKILL');
  }
  await expect
    .poll(async () => (await client.getRun('bad')).state, PATIENT)
    .toBe(RunState.RUN_STATE_PAUSED);
  expect((await client.getRun('bad')).reason).toContain('has ended 5 times in a row');
  await submit('good');
  const good = await client.waitForEnd('good');
  expect({ state: good.state, reason: good.reason }).toEqual({
    state: RunState.RUN_STATE_SUCCEEDED,
    reason: '',
  });
  await expect.poll(noted, PATIENT).toEqual([]);
  // Whoever resumes it has it tried again.
  await client.resumeRun('bad');
  await expect.poll(noted, PATIENT).toEqual(['1']);
  await client.cancelRun('bad');
  // It would be waited for.
  await cluster.kill('teacher-1', 'SIGKILL');
});
