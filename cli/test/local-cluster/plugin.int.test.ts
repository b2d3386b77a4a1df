/**
 * A plugin in a cluster of real processes. A run with its term and its rule is killed in the middle and must end with
 * the weights of an undisturbed one. Clusters without the plugin, or with another one, must not touch the run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient, hasEnded } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { smallSetBytes } from '../commands/small-set.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/own-methods/plugin.js', import.meta.url));
const PATIENCE = { timeout: 300_000, interval: 200 };
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const TEACHER = {
  dataset: 'small',
  student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
  training: { batchSize: 32, epochs: 5, learningRate: 0.01 },
};

function distillation(
  name: string,
  changes: { term?: string; rule?: string; epochs?: number } = {},
): string {
  const { term = 'hellinger', rule = 'agreeing', epochs = 500 } = changes;
  return runDocument(name, {
    dataset: 'small',
    teachers: [1, 2].map((n) => ({ name: `t${n}`, model: 'run:teacher' })),
    // The validation split has 24 rows, and the teacher was trained for a moment.
    teacherHealth: { accept: ['t1', 't2'] },
    ensemble: { combine: 'plugin', rule, settings: { sharpness: 2 } },
    student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
    objective: [{ term: 'plugin', name: term, weight: 1, temperature: 2 }],
    training: { batchSize: 32, epochs, learningRate: 0.01, checkpointEverySteps: 50 },
  });
}

let folder = '';
let cluster: LocalCluster | undefined;
let client: CoordinatorClient;

/** Ends the cluster that is there, and starts one on the same state. */
async function start(plugin?: string): Promise<void> {
  client?.close();
  await cluster?.stop();
  cluster = undefined;
  cluster = await startCluster({
    restartWorkers: true,
    stateDir: path.join(folder, 'state'),
    ...(plugin !== undefined && { plugin }),
  });
  client = new CoordinatorClient(cluster.address);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  await start(EXAMPLE);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'small', smallSetBytes());
  await client.submitRun(runDocument('teacher', TEACHER, 'Training'));
  await succeeded(client, 'teacher');
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

async function until(runId: string, holds: (run: Run) => boolean): Promise<Run> {
  await expect
    .poll(async () => {
      const run = await client.getRun(runId);
      return holds(run) ? true : hasEnded(run) ? `${run.state}: ${run.reason}` : false;
    }, PATIENCE)
    .toBe(true);
  return client.getRun(runId);
}

test("a run by a plugin's term and rule ends with the same weights though its student is killed", async () => {
  await client.submitRun(distillation('undisturbed'));
  const undisturbed = await succeeded(client, 'undisturbed');
  await client.submitRun(distillation('killed'));
  await until('killed', ({ progress }) => (progress?.checkpointStep ?? 0) > 0);
  await cluster?.kill('student-1', 'SIGKILL');
  const killed = await client.waitForEnd('killed');
  expect(killed.finalWeightsDigest).toBe(undisturbed.finalWeightsDigest);

  const report = await client.getReport('killed');
  expect(report).toMatchObject({ bitExact: true, ensemble: { combine: 'plugin' } });
  expect(report.digests.plugin).toMatch(/^[0-9a-f]{64}$/);
});

test('submit refuses terms and rules that the plugin lacks, and lists those that it has', async () => {
  await expect(
    client.submitRun(distillation('x', { term: 'none', rule: 'other' })),
  ).rejects.toThrow(
    [
      '  - spec.objective[0].name: the plugin has no term none; it has hellinger',
      '  - spec.ensemble.rule: the plugin has no rule other; it has agreeing',
    ].join('\n'),
  );
});

test('a run is paused without its plugin, or with another one, and goes on with its own', async () => {
  await client.submitRun(distillation('waits', { epochs: 1_000_000 }));
  const before = await until('waits', ({ progress }) => (progress?.checkpointStep ?? 0) > 0);

  await start();
  const without = await until('waits', ({ state }) => state === RunState.RUN_STATE_PAUSED);
  expect(without.reason).toMatch(/^it began with plugin [0-9a-f]{12}, and the cluster has none/);
  await expect(client.submitRun(distillation('x'))).rejects.toThrow(
    'spec.ensemble.rule: needs a plugin, and this cluster has none; plugins run only in clusters of one machine',
  );

  const other = path.join(folder, 'other.ts');
  await writeFile(other, 'export default { rules: { agreeing: { shares: () => [0.5, 0.5] } } };');
  await start(other);
  await client.resumeRun('waits');
  const has = /^it began with plugin [0-9a-f]{12}, and the cluster has [0-9a-f]{12}:/;
  const foreign = await until('waits', ({ reason }) => has.test(reason));
  expect(foreign.state).toBe(RunState.RUN_STATE_PAUSED);

  await start(EXAMPLE);
  await client.resumeRun('waits');
  const checkpoint = before.progress?.checkpointStep ?? 0;
  await until('waits', ({ progress }) => (progress?.step ?? 0) > checkpoint + 100);
  await client.cancelRun('waits');
});

test('a cluster with a plugin without terms and rules does not start', async () => {
  const broken = path.join(folder, 'broken.ts');
  await writeFile(broken, 'export default { terms: {} };');
  const starting = startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
    plugin: broken,
  });
  await expect(starting).rejects.toThrow(
    /broken\.ts cannot be used:\n {2}- has no term and no rule/,
  );
});
