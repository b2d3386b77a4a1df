/**
 * A model that is replaced behind an inference server that goes on answering, in a real cluster. The timed canary
 * would come after the run's end; the oracle is an undisturbed run.
 */
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LinearModel, LinearServer, linearModel } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { hasTaken, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';
import { SIDE, smallImagesBytes } from './small-images.js';

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
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes(CLASSES));
  const description = checkInferenceDescription({ url: server.url, model: 'far' }, 'test');
  await client.pushInferenceModel('far', description);
  server.noise = 0;
  await submit('undisturbed');
  undisturbed = (await succeeded(client, 'undisturbed')).finalWeightsDigest;
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
  const document = runDocument(runId, {
    dataset: 'small',
    teachers: [{ name: 'far', model: 'far', access: 'gray' }],
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // A model of random weights knows nothing.
    teacherHealth: { accept: ['far'] },
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps: STEP_COUNT, checkpointEverySteps: 25 },
  });
  await client.submitRun(document, { runId });
}

test.each([
  ['another model', OTHER],
  ['the same with six biases moved by 0.2', MOVED],
])(
  '%s in the middle: the worker is quarantined, and the run ends with the same bits',
  async (what, model) => {
    const runId = what.includes('six') ? 'moved' : 'other';
    server.model = PUSHED;
    await submit(runId);
    await untilRun(client, runId, hasTaken(20));
    server.model = model;
    await untilRun(client, runId, ({ reason }) => reason.includes('quarantined'));
    const { state } = await client.getRun(runId);
    expect(state).not.toBe(RunState.RUN_STATE_SUCCEEDED);
    server.model = PUSHED;
    await client.releaseWorker('teacher-1');
    if ((await client.getRun(runId)).state === RunState.RUN_STATE_PAUSED)
      await client.resumeRun(runId);
    const { finalWeightsDigest, warnings } = await succeeded(client, runId);
    expect(finalWeightsDigest).toBe(undisturbed);
    expect(warnings.join()).toContain('answers of teacher far were dropped');
  },
);

test('an honest server whose answers move by 1e-5 is not quarantined', async () => {
  server.model = PUSHED;
  server.noise = 1e-5;
  await submit('noisy');
  await succeeded(client, 'noisy');
  expect(await client.listQuarantines()).toEqual([]);
});
