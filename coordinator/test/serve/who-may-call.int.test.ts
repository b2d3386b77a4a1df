/**
 * All calls of the coordinator's services, made by a peer without a session over gRPC: calls for workers are refused,
 * and the others are listed. A new call fails a test here until it has a rule.
 */
import { type MethodDefinition, status } from '@grpc/grpc-js';
import { connect, RunClient, SERVICES } from '@lyceum/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assigned, Peers, submitRun } from './peers.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { tinyDataset, tinyDatasetBytes, tinyModelBytes } from './tiny-artifacts.js';

type Method = MethodDefinition<object, object>;

const RUN_ID = 'somebody-elses';

/** Calls for everybody who can connect: with TLS, holders of a certificate of the cluster's authority. */
const FOR_ALL: Readonly<Record<string, readonly string[]>> = {
  run: [
    ...['submitRun', 'getRun', 'listRuns', 'cancelRun', 'retryRun', 'resumeRun', 'deleteRun'],
    ...['replayRun', 'watchRun', 'listEvents', 'listLogs', 'getReport', 'getHistory'],
    ...['getFindings', 'getPredictions'],
  ],
  artifact: [
    ...['pushArtifact', 'pushInferenceModel', 'pullArtifact', 'listArtifacts'],
    'deleteArtifact',
  ],
  cluster: ['listWorkers', 'releaseWorker', 'getVersion', 'collectGarbage'],
  answer: ['listAnswerTables', 'deleteAnswerTable', 'verifyAnswers'],
  ensemble: ['evaluateEnsemble'],
  target: ['streamTargets', 'getTargetOutline'],
  // Opens a worker's session.
  student: ['session'],
  teacher: ['session'],
};

/** Calls for the worker that holds the run or the ticket. */
const FOR_HOLDERS = {
  student: ['receiveTargets', 'getCheckpoints', 'commitCheckpoint', 'storeResult'],
  teacher: ['sendAnswers'],
} as const;

type HolderCall = (typeof FOR_HOLDERS)[keyof typeof FOR_HOLDERS][number];

let cluster: TestCoordinator;
let peers: Peers;
/** The first message of each call for holders. */
let first: Readonly<Record<HolderCall, object>>;

beforeAll(async () => {
  cluster = await TestCoordinator.start();
  peers = new Peers(cluster);
  await cluster.push('model', 'first', tinyModelBytes(0.25));
  await cluster.push('dataset', 'tiny', tinyDatasetBytes(1));
  const dataset = tinyDataset();
  const teacher = peers.teacher({ workerId: 't', dataset, answer: () => undefined });
  const student = peers.student('s');
  const spec = {
    dataset: 'tiny',
    teachers: [{ name: 'one', model: 'first' }],
    student: { model: { architecture: 'mlp', hiddenUnits: [4] }, baseline: 'none' },
  };
  await submitRun(cluster, { name: RUN_ID, kind: 'Distillation', spec });
  const { assignmentEpoch } = await assigned(student, RUN_ID);
  await student.receive(0, 1);
  const taken = await eventually(() => teacher.taken[0]);
  const assignment = { runId: RUN_ID, assignmentEpoch };
  const header = { ...assignment, digest: Buffer.alloc(32), sizeBytes: 1 };
  first = {
    receiveTargets: { ...assignment, firstStep: 0, creditStep: 1, doneStep: 0 },
    getCheckpoints: assignment,
    commitCheckpoint: { part: { $case: 'header', header } },
    storeResult: { part: { $case: 'header', header } },
    sendAnswers: teacher.frameFor(taken.ticket),
  };
});

afterAll(async () => {
  await peers.end();
  await cluster.stop();
});

it('each call of the coordinator is listed for all or for holders', () => {
  const names = (methods: readonly string[]) => [...methods].sort();
  const calls = Object.entries(SERVICES).map(([service, methods]) => [
    service,
    names(Object.keys(methods)),
  ]);
  const ruled = Object.entries(FOR_ALL).map(([service, methods]) => [
    service,
    names([...methods, ...(FOR_HOLDERS[service as keyof typeof FOR_HOLDERS] ?? [])]),
  ]);
  expect(Object.fromEntries(calls)).toEqual(Object.fromEntries(ruled));
});

it.each([
  ...FOR_HOLDERS.student.map((name) => [name, SERVICES.student[name]] as const),
  ...FOR_HOLDERS.teacher.map((name) => [name, SERVICES.teacher[name]] as const),
])('a peer without a session cannot call %s', async (name, method) => {
  const { path, requestSerialize, responseDeserialize } = method as Method;
  const client = connect(RunClient, cluster.address);
  // The server accepts any kind of call in this form.
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  call.on('error', () => undefined);
  const ended = new Promise((resolve) => {
    call.once('data', (message: unknown) => resolve({ message })).once('error', resolve);
  });
  call.write(first[name]);
  call.end();
  expect(await ended).toMatchObject({ code: status.PERMISSION_DENIED });
  client.close();
});
