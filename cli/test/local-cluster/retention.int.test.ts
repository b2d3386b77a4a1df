// What is kept and what is deleted, on a cluster of real processes: by request, by time, and as garbage.
// The blob store is looked at directly: what is asserted to be gone is gone from NATS.

import { createLogger } from '@lyceum/platform';
import { connectNats, type Nats } from '@lyceum/platform/nats';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CoordinatorClient, runStateName } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from './cluster-runs.js';

const log = createLogger({ name: 'test', level: 'silent' });
const head = { apiVersion: 'lyceum.dev/v1alpha1' };
const student = { model: { architecture: 'mlp', hiddenUnits: [4] } };
const training = { batchSize: 32, epochs: 4, checkpointEverySteps: 5 };

const taughtBy = (runId: string) => ({
  teachers: [{ name: 'one', model: `run:${runId}` }],
  teacherHealth: { accept: ['one'] },
  student: { ...student, baseline: 'train' },
});

let cluster: LocalCluster;
let client: CoordinatorClient;
let nats: Nats;

beforeAll(async () => {
  cluster = await startCluster();
  client = new CoordinatorClient(cluster.address);
  const credentials = cluster.natsCredentials('coordinator');
  nats = await connectNats({ url: cluster.natsUrl, name: 'test', log, credentials });
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'small', smallSetBytes());
});

afterAll(async () => {
  client?.close();
  await nats?.close();
  await cluster?.stop();
});

async function train(
  runId: string,
  spec: Record<string, unknown> = {},
  labels: Record<string, string> = {},
): Promise<void> {
  const kind = 'teachers' in spec ? 'Distillation' : 'Training';
  const document = {
    ...head,
    kind,
    metadata: { name: runId, labels },
    spec: { dataset: 'small', student, training, ...spec },
  };
  await client.submitRun(JSON.stringify(document));
  expect(runStateName(await client.waitForEnd(runId))).toBe('SUCCEEDED');
}

async function digests(): Promise<string[]> {
  const blobs = await nats.blobs({ create: false });
  return (await blobs.list()).map(({ digest }) => digest).sort();
}

const runIds = async () => (await client.listRuns()).map(({ runId }) => runId).sort();

test('delete refuses a run that another one names, and deletes a run with its baseline and blobs', async () => {
  const before = await digests();
  await train('teacher');
  const withTeacher = await digests();
  await train('distilled', taughtBy('teacher'));
  await expect(client.deleteRun('teacher')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: 'run distilled names run teacher as a teacher',
  });
  await expect(client.deleteRun('distilled-alone')).rejects.toThrow(
    'run distilled names run distilled-alone as its baseline',
  );
  expect((await runCli(cluster.address, 'delete', 'teacher')).code).toBe(6);
  expect(await runIds()).toEqual(['distilled', 'distilled-alone', 'teacher']);

  expect(await client.deleteRun('distilled')).toEqual(['distilled', 'distilled-alone']);
  expect(await digests()).toEqual(withTeacher);
  expect((await runCli(cluster.address, 'delete', 'teacher')).stderr).toContain('deleted teacher');
  expect(await digests()).toEqual(before);
  expect(await runIds()).toEqual([]);
  await expect(client.getRun('teacher')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await (await nats.events()).runIds()).toEqual([]);
});

test('delete --label deletes all that have ended, and what one refuses does not keep the others', async () => {
  const labels = { sweep: 'three' };
  await train('first', {}, labels);
  await train('second', taughtBy('first'), labels);
  await train('third', {}, labels);
  await train('outside', taughtBy('third'));
  const deleted = async (...args: string[]) => {
    const { code, stderr } = await runCli(cluster.address, 'delete', ...args);
    return { code, lines: stderr.trim().split('\n') };
  };
  // `second` names `first`, and is gone before it; it takes its baseline along, which was refused at first.
  expect(await deleted('--label', 'sweep=three')).toEqual({
    code: 6,
    lines: [
      'deleted second',
      'deleted second-alone',
      'deleted first',
      'error: run outside names run third as a teacher',
    ],
  });
  expect(await deleted('third', 'none', 'outside')).toMatchObject({ code: 6 });
  expect(await runIds()).toEqual(['third']);
  expect(await deleted('--label', 'sweep=three')).toEqual({ code: 0, lines: ['deleted third'] });
  expect((await deleted('--label', 'sweep=three')).lines).toEqual([
    'No run with that label has ended.',
  ]);
  expect(await deleted()).toEqual({ code: 2, lines: ['error: give either runs or --label'] });
});

test('delete refuses a run that has not ended', async () => {
  const long = { ...training, epochs: 100_000 };
  const spec = { dataset: 'small', student, training: long };
  const document = { ...head, kind: 'Training', metadata: { name: 'long' }, spec };
  await client.submitRun(JSON.stringify(document));
  await expect(client.deleteRun('long')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining('only a run that has ended is deleted'),
  });
  await client.cancelRun('long');
  await client.waitForEnd('long');
  expect(await client.deleteRun('long')).toEqual(['long']);
});

test('a run with the id of a deleted one starts anew, and goes on counting assignment epochs', async () => {
  const pointers = await nats.keyValue('lyceum-pointers', { create: false });
  const epoch = async () =>
    JSON.parse((await pointers.get('again'))?.value ?? '{}').assignmentEpoch as number;
  await train('again');
  expect(await epoch()).toBe(1);
  await client.deleteRun('again');
  await train('again');
  expect(await epoch()).toBe(3);
  await client.deleteRun('again');
});

test('a run is deleted ttlAfterFinished seconds after its end', async () => {
  // Long enough for its end to be seen.
  const gone = { retention: { ttlAfterFinished: 8 } };
  await train('short-lived', gone);
  await train('kept');
  await expect.poll(runIds, { timeout: 120_000 }).toEqual(['kept']);
  await client.deleteRun('kept');
});

test('gc deletes what nothing refers to, and keeps what was written lately', async () => {
  await train('finished');
  const blobs = await nats.blobs({ create: false });
  const stray = await blobs.put(Buffer.from('nothing refers to these bytes'));
  const events = await nats.events();
  await events.append('long-gone', {
    atMs: 1,
    runId: 'long-gone',
    kind: 'submitted',
    message: '',
    dataJson: '{}',
  });
  const kinds = (garbage: { kind: string; name: string }[]) =>
    garbage.map(({ kind, name }) => `${kind} ${name}`);
  const lately = await client.collectGarbage({ dryRun: false, graceSeconds: 3600 });
  expect(kinds(lately)).toEqual(['events long-gone']);
  expect(await blobs.has(stray)).toBe(true);

  const before = await digests();
  const { code, stdout } = await runCli(cluster.address, 'gc', '--dry-run', '--grace', '0');
  expect(code).toBe(0);
  expect(stdout).toContain(stray);
  expect(stdout).toMatch(/things, .* would be deleted/);
  expect(await digests()).toEqual(before);

  const collected = kinds(await client.collectGarbage({ dryRun: false, graceSeconds: 0 }));
  expect(collected).toContain(`blob ${stray}`);
  // Pointers of deleted runs, and checkpoints of a run that has ended.
  expect(collected.filter((text) => text.startsWith('pointer ')).length).toBeGreaterThan(0);
  expect(await client.collectGarbage({ dryRun: true, graceSeconds: 0 })).toEqual([]);
  // What the run needs is still there.
  expect((await client.getReport('finished')).runId).toBe('finished');
  expect(
    (await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'run:finished')).length,
  ).toBeGreaterThan(0);
  await train('finished-again');
});
