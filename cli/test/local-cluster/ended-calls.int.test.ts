/**
 * Models that end every process that opens them, or that asks them about one sample, in a real cluster of one teacher
 * worker. One model loops for ever, and the test kills the worker meanwhile. The other divides, which really ends its
 * process. Other runs on the same worker must get their turns.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArtifactKind, RunState } from '@lyceum/proto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { smallImagesBytes } from './small-images.js';

const PATIENT = { timeout: 600_000, interval: 20 };
/** A training sample that neither the opening of a model nor the probe looks at. */
const LOUD_SAMPLE = 200;
const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 600_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeEach(async () => {
  cluster = await startCluster({
    restartWorkers: true,
  });
  client = new CoordinatorClient(cluster.address);
  const classNames = ['a', 'b', 'c', 'd', 'e'];
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes(classNames));
  const loud = smallImagesBytes(classNames, LOUD_SAMPLE);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'loud', loud);
  for (const [name, file] of [
    ['bad', 'endless'],
    ['good', 'fixed-batch'],
    ['dividing', 'dividing'],
  ] as const) {
    const path = new URL(`../../../learning/test/fixtures/onnx/${file}.onnx`, import.meta.url);
    const bytes = await readModel(fileURLToPath(path), { output: 'logits' });
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, bytes);
  }
});
afterEach(async () => {
  client?.close();
  await cluster?.stop();
});

function submit(name: string, model = name, dataset = 'small'): Promise<unknown> {
  const document = runDocument(name, {
    dataset,
    teachers: [{ name: model, model }],
    teacherHealth: { accept: [model] },
    student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
    objective: [{ term: 'kd', temperature: 1 }],
    training: { batchSize: 32, epochs: 1, seed: 1 },
  });
  return client.submitRun(document);
}

/** What the cluster's logs say of a run. */
async function logged(runId: string): Promise<string> {
  const messages: string[] = [];
  for await (const { lines } of client.listLogs(runId)) {
    for (const { message } of lines) messages.push(message);
  }
  return messages.join('\n');
}

/** By call, how many processes have begun it and none has finished it. The order of reading counts none twice. */
function noted(): number[] {
  const folder = join(cluster.stateDir, 'teacher-1', 'computing');
  const text = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  const ended = JSON.parse(text('ended') || '[]') as [string, { count: number }][];
  const counts = new Map(ended.map(([key, { count }]) => [key, count]));
  const now = text('now');
  if (now !== '') counts.set(now, (counts.get(now) ?? 0) + 1);
  return [...counts.values()];
}

test('a teacher that ends its worker five times is given up, and other runs get their turn', async () => {
  await submit('bad');
  await expect.poll(noted, PATIENT).toEqual([1]);
  // A worker that is told to end does not count; it would wait for its thread.
  await cluster.kill('teacher-1', 'SIGTERM');
  await expect.poll(noted, PATIENT).toEqual([]);
  await cluster.kill('teacher-1', 'SIGKILL');
  for (let end = 1; end <= 5; end++) {
    await expect.poll(noted, PATIENT).toEqual([end]);
    await cluster.kill('teacher-1', 'SIGKILL');
  }
  await expect
    .poll(async () => (await client.getRun('bad')).state, PATIENT)
    .toBe(RunState.RUN_STATE_PAUSED);
  expect((await client.getRun('bad')).reason).toContain('has ended 5 times in a row');
  const told = 'the process before this one ended while it opened a teacher (count=5, limit=5)';
  await expect.poll(() => logged('bad'), PATIENT).toContain(told);
  await submit('good');
  await succeeded(client, 'good');
  await expect.poll(noted, PATIENT).toEqual([]);
  // A resumed run has the teacher tried again.
  await client.resumeRun('bad');
  await expect.poll(noted, PATIENT).toEqual([1]);
  await client.cancelRun('bad');
  // The end of the cluster would wait for the worker.
  await cluster.kill('teacher-1', 'SIGKILL');
});

// Other processors do not trap the division.
test.runIf(process.arch === 'x64')(
  'a teacher that ends its worker at one sample is given up, and other runs get their turn',
  async () => {
    await submit('divided', 'dividing', 'loud');
    await submit('beside', 'good', 'loud');
    await expect
      .poll(async () => (await client.getRun('divided')).state, PATIENT)
      .toBe(RunState.RUN_STATE_PAUSED);
    const { reason } = await client.getRun('divided');
    expect(reason).toMatch(
      /^teacher dividing cannot answer samples \d+ to \d+ \(positions 0 to 319 of epoch 0\): /,
    );
    expect(reason).toContain('the process of teacher-1 has ended 10 times in a row while');
    await succeeded(client, 'beside');
    await client.cancelRun('divided');
  },
);
