/**
 * Two teachers that see one modality each and a student that sees a third, in a real cluster: undisturbed, then with
 * its answers deleted and processes killed. The weights must be the same bits. Classes can be told from any modality,
 * but sound and touch contradict each other, so a model that sees the wrong one is wrong.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeStoredDataset, type StoredDatasetParts } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { hasTaken, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';
import { numbers } from './small-images.js';

const SAMPLES = 400;
vi.setConfig({ testTimeout: 1_200_000 });

const folder = mkdtempSync(path.join(tmpdir(), 'lyceum-modalities-'));
let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster({
    teacherWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  const bytes = encodeStoredDataset(parts());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'senses', bytes);
  for (const modality of ['sound', 'touch']) {
    const spec = { dataset: 'senses', student: student(modality), training: { steps: 200 } };
    await client.submitRun(runDocument(modality, spec, 'Training'));
    await succeeded(client, modality);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Samples of one class have a bump: the even ones in sound, the odd ones in the others. */
function parts(): StoredDatasetParts {
  const modality = (seed: number, sampleShape: readonly number[]) => {
    const width = sampleShape.reduce((product, n) => product * n, 1);
    const inputs = numbers(seed, SAMPLES * width).map((value, i) => {
      const [sample, at] = [Math.floor(i / width), i % width];
      return value + (at % 3 === 0 && sample % 2 === seed % 2 ? 1 : 0);
    });
    return { sampleShape, inputs, inputScale: 1 };
  };
  return {
    sampleCount: SAMPLES,
    classCount: 2,
    classNames: ['even', 'odd'],
    labels: Int32Array.from({ length: SAMPLES }, (_, i) => i % 2),
    splits: Uint8Array.from({ length: SAMPLES }, (_, i) => (i < 320 ? 1 : i < 360 ? 2 : 3)),
    modalities: new Map([
      ['pixels', modality(1, [6, 6, 1])],
      ['sound', modality(2, [12])],
      ['touch', modality(3, [12])],
    ]),
  };
}

const student = (modality: string | undefined) => ({
  model: { architecture: 'mlp', hiddenUnits: [8] },
  modality,
});

/** The settings of the models name the modality that they were trained on. */
const TEACHERS = ['sound', 'touch'].map((model) => ({ name: model, model: `run:${model}` }));

interface Changes extends Record<string, unknown> {
  readonly teachers?: readonly ({ readonly name: string } & Record<string, unknown>)[];
}

function distillation(name: string, { teachers = TEACHERS, ...changes }: Changes = {}): string {
  return runDocument(name, {
    dataset: 'senses',
    teachers,
    // One test shows a teacher a modality that it does not know.
    teacherHealth: { accept: teachers.map((teacher) => teacher.name) },
    student: student('pixels'),
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, mixup: true },
    training: { batchSize: 32, steps: 200, checkpointEverySteps: 10 },
    ...changes,
  });
}

test('each model sees its own modality, and the bits are the same though workers are killed', async () => {
  const baseline = { student: { ...student('pixels'), baseline: 'train' } };
  await client.submitRun(distillation('calm', baseline));
  const calm = await succeeded(client, 'calm');
  const report = await client.getReport('calm');
  const { teachers, student: own, studentWithoutTeachers: alone } = report;
  for (const row of [...teachers, own, alone]) expect(row?.accuracy).toBeGreaterThan(0.9);
  const seen = [...teachers, own, alone].map((row) => row?.modality);
  expect(seen).toEqual(['sound', 'touch', 'pixels', 'pixels']);
  const { stdout } = await runCli(cluster.address, 'report', 'calm');
  expect(stdout).toMatch(/^MODEL +MODALITY .*\nteacher sound +sound .*\nteacher touch +touch /);
  for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);

  await client.submitRun(distillation('disturbed', baseline));
  await untilRun(client, 'disturbed', hasTaken(30));
  await cluster.kill('teacher-1', 'SIGKILL');
  await untilRun(client, 'disturbed', hasTaken(80));
  await cluster.startTeacherWorker();
  await cluster.kill('student-1', 'SIGKILL');
  await cluster.startStudentWorker();
  await cluster.kill('teacher-2', 'SIGKILL');
  const disturbed = await succeeded(client, 'disturbed');
  expect(disturbed.finalWeightsDigest).toBe(calm.finalWeightsDigest);
  expect(await client.getReport('disturbed')).toMatchObject({ bitExact: true });
});

test('a teacher may see another modality than it was trained on, if the shape fits', async () => {
  const shown = (modality: string) => ({
    teachers: [{ name: 'sound', model: 'run:sound', modality }],
  });
  await client.submitRun(distillation('wrong', shown('touch')));
  await succeeded(client, 'wrong');
  const { teachers } = await client.getReport('wrong');
  expect(teachers[0]).toMatchObject({ modality: 'touch' });
  expect(teachers[0]?.accuracy).toBeLessThan(0.2);
  await expect(client.submitRun(distillation('unfit', shown('pixels')))).rejects.toThrow(
    'spec.teachers[0].model: takes inputs of shape [12], and the samples have [6,6,1]',
  );
});

test('ensemble evaluate takes the modality behind an @, or else that of the settings', async () => {
  const measured = (...teachers: string[]) =>
    client.evaluateEnsemble({ teachers, dataset: 'senses', rules: ['arithmetic'] });
  const names = ['run:sound', 'run:sound@touch', 'run:touch@touch'];
  const { rows, teachers } = await measured(...names);
  expect(teachers.map(({ name }) => name)).toEqual(names);
  const [own, other, same] = rows.filter(({ kind }) => kind === 'teacher');
  expect(own?.accuracy).toBeGreaterThan(0.9);
  expect(other?.accuracy).toBeLessThan(0.2);
  expect(same?.accuracy).toBeGreaterThan(0.9);
  await expect(measured('run:sound@pixels', 'run:sound@smell', 'run:sound@')).rejects.toThrow(
    /teachers\[0\]: takes inputs of shape \[12\][\s\S]*teachers\[1\]: there is no modality smell[\s\S]*teachers\[2\]: want MODEL or MODEL@MODALITY, got run:sound@$/,
  );
});

test('a student keeps its modality in other runs, and is pulled as ONNX with a check', async () => {
  const start = { student: { model: { model: 'run:calm' } } };
  await client.submitRun(distillation('further', start));
  await succeeded(client, 'further');
  expect(await client.getReport('further')).toMatchObject({ student: { modality: 'pixels' } });
  const out = path.join(folder, 'student');
  const onnx = ['--format', 'onnx', '--with', 'preprocessing,softmax'];
  const pulled = await runCli(cluster.address, 'pull', 'further', '--out', out, ...onnx);
  expect(pulled).toMatchObject({ code: 0 });
  expect(pulled.stderr).toContain('checked on 40 test samples');
  await runCli(cluster.address, 'pull', 'further', '--out', `${out}-tfjs`);
  const settings = readFileSync(path.join(`${out}-tfjs`, 'settings.json'), 'utf8');
  expect(JSON.parse(settings)).toEqual({
    output: 'logits',
    modality: 'pixels',
    classes: ['even', 'odd'],
  });
});

const KNOWN = "want one of the data set's: pixels, sound, touch";
test.each([
  [{ student: student(undefined) }, `spec.student.modality: no modality is named; ${KNOWN}`],
  [{ student: student('smell') }, `spec.student.modality: there is no modality smell; ${KNOWN}`],
  [
    { teachers: [{ name: 'a', model: 'run:sound', modality: 'smell' }] },
    `spec.teachers[0].modality: there is no modality smell; ${KNOWN}`,
  ],
  [{ student: student('Pixels') }, "spec.student.modality: want a modality's name"],
  [
    { views: { shift: 0.1 } },
    'spec.views.shift: modality sound: needs samples of shape [height, width, channels], and those of spec.dataset are [12]; mixup works with any',
  ],
])('submit refuses %j', async (changes, message) => {
  await expect(client.submitRun(distillation('refused', changes))).rejects.toThrow(message);
});
