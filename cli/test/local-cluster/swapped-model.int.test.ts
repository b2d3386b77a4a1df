/**
 * A model that is replaced behind an inference server that goes on answering, in a real cluster. The timed canary would come
 * after the run's end; the oracle is a run that was left alone.
 */
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LinearModel, LinearServer, linearModel } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { SIDE, smallImagesBytes } from './small-images.js';

const PATIENT = { timeout: 300_000, interval: 50 };
const CLASSES = ['a', 'b', 'c', 'd', 'e', 'f'];
const STEP_COUNT = 600;
const { ARTIFACT_KIND_DATASET } = ArtifactKind;
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

const PUSHED = linearModel(5, SIDE * SIDE, CLASSES.length);
/** Six biases moved by 0.2, among logits of some tens. */
const MOVED: LinearModel = { ...PUSHED, biases: [0.2, -0.2, 0.2, -0.2, 0.2, -0.2] };
const OTHER = linearModel(11, SIDE * SIDE, CLASSES.length);

let cluster: LocalCluster;
let client: CoordinatorClient;
let server: LinearServer;
let undisturbed: string;

beforeAll(async () => {
  server = await LinearServer.start(PUSHED);
  // An honest server: its answers move a little.
  server.noise = 1e-5;
  cluster = await LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: 1,
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes(CLASSES));
  const description = checkInferenceDescription({ url: server.url, model: 'far' }, 'test');
  await client.pushInferenceModel('far', description);
  server.noise = 0;
  await submit('undisturbed');
  undisturbed = (await succeeded('undisturbed')).finalWeightsDigest;
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await server?.stop();
});

async function submit(runId: string): Promise<void> {
  for (const { id, neededBy } of await client.listAnswerTables()) {
    if (neededBy.length === 0) await client.deleteAnswerTable(id);
  }
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: runId },
    spec: {
      dataset: 'small',
      teachers: [{ name: 'far', model: 'far', access: 'gray' }],
      student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
      objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
      // A model of random weights knows nothing.
      teacherHealth: { accept: ['far'] },
      // No epoch's answers serve another: teachers are asked to the end.
      views: { seed: 1, cycle: 1_000, shift: 0.2 },
      training: { batchSize: 32, steps: STEP_COUNT, checkpointEverySteps: 25 },
    },
  };
  await client.submitRun(JSON.stringify(document), { runId });
}

function untilRun(runId: string, holds: (run: Run) => boolean): Promise<void> {
  return vi.waitFor(async () => {
    const run = await client.getRun(runId);
    if (!holds(run)) throw new Error(`${runId}: ${run.progress?.step} ${run.state} ${run.reason}`);
  }, PATIENT);
}

async function succeeded(runId: string): Promise<Run> {
  const run = await client.waitForEnd(runId);
  expect(run.reason).toBe('');
  expect(run.state).toBe(RunState.RUN_STATE_SUCCEEDED);
  return run;
}

test.each([
  ['another model', OTHER],
  ['the same with six biases moved by 0.2', MOVED],
])(
  '%s, in the middle: the run ends with the bits of one that was left alone',
  async (what, model) => {
    const runId = what.includes('six') ? 'moved' : 'other';
    server.model = PUSHED;
    await submit(runId);
    await untilRun(runId, ({ progress }) => (progress?.step ?? 0) >= 20);
    server.model = model;
    await untilRun(runId, ({ reason }) => reason.includes('quarantined'));
    const { state } = await client.getRun(runId);
    expect(state).not.toBe(RunState.RUN_STATE_SUCCEEDED);
    server.model = PUSHED;
    await client.releaseWorker('teacher-1');
    if ((await client.getRun(runId)).state === RunState.RUN_STATE_PAUSED)
      await client.resumeRun(runId);
    const { finalWeightsDigest, warnings } = await succeeded(runId);
    expect(finalWeightsDigest).toBe(undisturbed);
    expect(warnings.join()).toContain('answers of teacher far were dropped');
  },
);

test('an honest server whose answers move by 1e-5 is not quarantined', async () => {
  server.model = PUSHED;
  server.noise = 1e-5;
  await submit('noisy');
  await succeeded('noisy');
  expect(await client.listQuarantines()).toEqual([]);
});
