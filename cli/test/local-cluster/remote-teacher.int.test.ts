/**
 * A run with one teacher in the worker and one behind an inference server in a process of its own, in a real cluster.
 * The server is another teacher worker, whose answers have the bits of a local model: so the oracle is the run with
 * both models local. The server is killed and started again meanwhile, and started with another model.
 */
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { hasTaken, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';
import { type ServedModels, serveModels } from './served-models.js';
import { SIDE, smallImagesBytes } from './small-images.js';

/** So many that the server is missed before the student is done: teachers work some spans ahead. */
const STEP_COUNT = 1_500;
const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 1_200_000 });

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
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'copy', modelBytes(7));
});
afterAll(async () => {
  client?.close();
  await server?.kill();
  await cluster?.stop();
});

const inline = (changes: object = {}) => ({
  name: 'far',
  inference: { url: `grpc://${server.address}`, model: 'far', revision: '1', ...changes },
});

function specification(name: string, far: object, changes: object = {}): string {
  return runDocument(name, {
    dataset: 'small',
    teachers: [{ name: 'near', model: 'near' }, far],
    teacherHealth: { accept: ['near', 'far'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps: STEP_COUNT, checkpointEverySteps: 25 },
    ...changes,
  });
}

test('a remote teacher gives the weights of the local model, though its server is away meanwhile', async () => {
  await client.submitRun(specification('local', { name: 'far', model: 'copy' }));
  const local = await succeeded(client, 'local');
  expect(await client.getReport('local')).toMatchObject({ bitExact: true });

  await client.submitRun(specification('remote', inline()));
  await untilRun(client, 'remote', hasTaken(20));
  const { address } = server;
  await server.kill();
  await untilRun(client, 'remote', ({ reason }) => reason.includes(`grpc://${address}`));
  const away = await client.getRun('remote');
  expect(away.state).toBe(RunState.RUN_STATE_TRAINING);
  expect(away.reason).toMatch(/^teacher far cannot be loaded \(teacher-1: grpc:/);
  // The worker has not ended.
  expect((await client.listWorkers()).map(({ workerId }) => workerId).sort()).toEqual([
    'student-1',
    'teacher-1',
  ]);
  server = await serveModels({ far: modelBytes(7) }, address);
  const remote = await succeeded(client, 'remote');
  expect(remote.finalWeightsDigest).toBe(local.finalWeightsDigest);
  expect(await client.getReport('remote')).toMatchObject({
    bitExact: false,
    bitExactExceptions: [
      'teacher far is asked over the network: its answers may differ the next time',
    ],
  });
});

test('a remote teacher on the same server is the same teacher: stored answers make a run bit-exact', async () => {
  await client.submitRun(specification('again', inline()));
  const again = await succeeded(client, 'again');
  expect(again.finalWeightsDigest).toBe((await client.getRun('remote')).finalWeightsDigest);
  expect(await client.getReport('again')).toMatchObject({ bitExact: true, bitExactExceptions: [] });
  const names = (await client.listArtifacts(ARTIFACT_KIND_MODEL)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('inference-'))).toHaveLength(1);

  // Another revision is another teacher.
  await client.submitRun(specification('revised', inline({ revision: '2' })), { dryRun: true });
  const after = (await client.listArtifacts(ARTIFACT_KIND_MODEL)).map(({ name }) => name);
  expect(after.filter((name) => name.startsWith('inference-'))).toHaveLength(2);
});

test('models push --inference pushes a remote teacher by its URL, and describes it', async () => {
  const url = `grpc://${server.address}`;
  const push = ['models', 'push', 'pushed', '--inference', url, '--model', 'far'];
  const { code, stdout } = await runCli(cluster.address, ...push);
  expect(code).toBe(0);
  expect(stdout).toContain(
    `[36] to 2 classes; far at ${url}; logits; in: input FP32 [-1, 36]; out: logits FP32 [-1, 2]`,
  );
  const again = await runCli(cluster.address, ...push);
  expect(again).toMatchObject({
    code: 0,
    stderr: 'pushed exists already, with the same content\n',
  });
  const overHttp = `http://${server.httpAddress}`;
  const other = ['models', 'push', 'pushed-http', '--inference', overHttp, '--model', 'far'];
  const pushed = await runCli(cluster.address, ...other);
  expect(pushed.code).toBe(0);
  expect(pushed.stdout).toContain(`[36] to 2 classes; far at ${overHttp}; logits`);
});

test('submit says what is wrong with a remote teacher', async () => {
  const submit = (far: object, changes: object = {}) =>
    client.submitRun(specification('wrong', far, changes));
  await expect(submit(inline({ model: 'none' }))).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining('there is no model none here; there is far'),
  });
  await expect(submit(inline({ url: 'grpc://127.0.0.1:1' }))).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining('grpc://127.0.0.1:1: '),
  });
  await expect(submit(inline({ url: '127.0.0.1:1' }))).rejects.toThrow(
    'spec.teachers[1].inference.url: want grpc://HOST:PORT',
  );
  await expect(
    submit(inline({ headers: { authorization: { secret: 'no-token' } } })),
  ).rejects.toThrow(
    'there is no secret no-token: want the environment variable LYCEUM_SECRET_NO_TOKEN',
  );
  await expect(submit(inline({ headers: { authorization: 'Bearer abc' } }))).rejects.toThrow(
    'spec.teachers[1].inference.headers.authorization: is a key that is written into the document',
  );
  await expect(submit({ ...inline(), access: 'white' })).rejects.toThrow(
    'spec.teachers[1].access: want gray or black, got "white"',
  );
  await expect(submit({ ...inline(), model: 'near' })).rejects.toThrow(
    'spec.teachers[1].model: give model or inference, not both',
  );
  const hint = { term: 'hint', hintLayer: 'dense', guidedLayer: 'dense_1' };
  await expect(submit(inline(), { objective: [hint, { term: 'ce' }] })).rejects.toThrow(
    'hint needs features, and spec.teachers[1].access of far is gray',
  );
  await expect(submit(inline({ settings: { classes: ['even', 'other'] } }))).rejects.toThrow('odd');
});

test('a run says that the model of its remote teacher was replaced', async () => {
  const { address } = server;
  await client.pushInferenceModel(
    'swapped',
    checkInferenceDescription({ url: `grpc://${address}`, model: 'far', revision: '9' }, 'test'),
  );
  await server.kill();
  server = await serveModels({ far: modelBytes(-4) }, address);
  await client.submitRun(
    specification('swapped', { name: 'far', model: 'swapped', access: 'gray' }),
  );
  await untilRun(client, 'swapped', ({ reason }) =>
    reason.includes('is not what it was when it was pushed'),
  );
  expect((await client.getRun('swapped')).reason).toMatch(/its answers to fixed inputs differ by/);
});
