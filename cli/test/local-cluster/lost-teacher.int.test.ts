/**
 * A teacher that does not come back by itself, in a real cluster with one student worker: the run that needs it gives
 * the worker to the next one. The teacher is behind an inference server whose model is replaced while the server is
 * away.
 */
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind, digestHex } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import {
  hasTaken,
  isPaused,
  runDocument,
  startCluster,
  succeeded,
  untilRun,
} from './cluster-runs.js';
import { type ServedModels, serveModels } from './served-models.js';
import { SIDE, smallImagesBytes } from './small-images.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
let server: ServedModels;

const modelBytes = (seed: number) => tinyModelBytes(seed, SIDE * SIDE, 2);

beforeAll(async () => {
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  server = await serveModels({ far: modelBytes(7) });
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'near', modelBytes(3));
  const url = `grpc://${server.address}`;
  const description = checkInferenceDescription({ url, model: 'far' }, 'test');
  await client.pushInferenceModel('far', description);
});
afterAll(async () => {
  client?.close();
  await server?.kill();
  await cluster?.stop();
});

async function submit(runId: string, teacher: string): Promise<void> {
  const document = runDocument(runId, {
    dataset: 'small',
    teachers: [{ name: 'one', model: teacher, access: 'gray' }],
    teacherHealth: { accept: ['one'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps: 1_500, checkpointEverySteps: 25 },
  });
  await client.submitRun(document, { runId });
}

async function replacedBy(seed: number): Promise<void> {
  const { address } = server;
  await server.kill();
  server = await serveModels({ far: modelBytes(seed) }, address);
}

test('a replaced remote model pauses its run, frees the worker, and the run goes on with the old model', async () => {
  await submit('undisturbed', 'far');
  const undisturbed = await succeeded(client, 'undisturbed');
  for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);

  await submit('replaced', 'far');
  await untilRun(client, 'replaced', hasTaken(20));
  await replacedBy(-4);
  await submit('next', 'near');
  await untilRun(client, 'replaced', isPaused);
  const { reason, progress } = await client.getRun('replaced');
  expect(reason).toMatch(
    /^teacher one cannot be loaded \(teacher-1: grpc:.*is not what it was when it was pushed: .*push it again\)$/,
  );
  expect(progress?.step).toBeLessThan(1_500);
  await succeeded(client, 'next');

  await replacedBy(7);
  await client.resumeRun('replaced');
  const { finalWeightsDigest } = await succeeded(client, 'replaced');
  expect(finalWeightsDigest).toBe(undisturbed.finalWeightsDigest);
});

test('stored answers of a teacher whose server is away are passed over, and those of others verified', async () => {
  await server.kill();
  const tables = await client.listAnswerTables();
  const tablesOf = async (runId: string) => {
    const { teacherIdentities } = await client.getRun(runId);
    const own = tables.filter(
      ({ teacherIdentity }) => digestHex(teacherIdentity) === teacherIdentities[0],
    );
    return own.slice(0, 2).map(({ id }) => id);
  };
  const away = await tablesOf('replaced');
  const there = await tablesOf('next');
  const request = { ids: [...away, ...there], spanCount: 1, seed: 1, patienceSeconds: 30 };
  const reasons = new Map<string, string>();
  for await (const { id, skippedReason } of client.verifyAnswers(request)) {
    reasons.set(id, skippedReason);
  }
  expect([...reasons.keys()]).toEqual([...away, ...there]);
  for (const id of away) {
    expect(reasons.get(id)).toMatch(/^teacher one (did not answer within 30 s|cannot answer)/);
  }
  for (const id of there) expect(reasons.get(id)).toBe('');
});
