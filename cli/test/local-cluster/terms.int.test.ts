/**
 * Runs whose terms name their teachers and whose teachers differ in access, on a cluster of real processes: the
 * student is killed in the middle, after the answers of the run before were deleted, and ends with the weights of the
 * undisturbed run. Only classes of a black box are stored.
 */
import { encodeDataset } from '@lyceum/learning/datasets';
import { type AnswerTable, ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { inTheMiddle, startCluster, succeeded } from './cluster-runs.js';
import { images, LONG, TEACHER } from './long-run.js';

const EPOCHS = 40;
vi.setConfig({ testTimeout: 600_000 });

const TEACHERS = ['one', 'two', 'three'];

let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  cluster = await startCluster({
    // An epoch's answers take so long that there is a middle.
    lookupDelayMs: 20,
  });
  client = new CoordinatorClient(cluster.address);
  const bytes = encodeDataset(images());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', bytes);
  for (const [index, name] of TEACHERS.entries()) {
    const { training } = TEACHER.spec;
    const spec = { ...TEACHER.spec, training: { ...training, seed: index + 1 } };
    await client.submitRun(JSON.stringify({ ...TEACHER, metadata: { name }, spec }));
  }
  for (const name of TEACHERS) await succeeded(client, name);
}, 600_000);

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** @returns the deleted tables. */
async function deleteAnswers(): Promise<AnswerTable[]> {
  const tables = await client.listAnswerTables();
  for (const { id } of tables) await client.deleteAnswerTable(id);
  return tables;
}

/** What the tables hold, sorted. */
function contentsOf(tables: readonly AnswerTable[]): string[] {
  return tables
    .map(({ teacher, view, viewEpoch, outputs, codec }) =>
      [teacher, view, viewEpoch, outputs, codec].join(),
    )
    .sort();
}

/** Terms, ensemble, and the run's teachers with their access. */
const RUNS = {
  'three-accesses': {
    objective: [
      { term: 'kd', teachers: ['one', 'two'], temperature: 2 },
      { term: 'vote' },
      { term: 'ce' },
    ],
    ensemble: {},
    accesses: ['white', 'gray', 'black'],
  },
  aekd: {
    objective: [{ term: 'kd', temperature: 2 }, { term: 'ce' }],
    ensemble: { combine: 'aekd' },
    accesses: ['white', 'gray', 'gray'],
  },
};

describe.each(Object.entries(RUNS))('run %s', (name, { objective, ensemble, accesses }) => {
  const specification = JSON.stringify({
    ...LONG,
    metadata: { name },
    spec: {
      ...LONG.spec,
      teachers: TEACHERS.map((teacher, index) => ({
        name: teacher,
        model: `run:${teacher}`,
        access: accesses[index],
      })),
      teacherHealth: { accept: TEACHERS },
      objective,
      ensemble,
      student: { ...LONG.spec.student, baseline: 'none' },
      training: { ...LONG.spec.training, epochs: EPOCHS },
    },
  });

  test('ends with the same weights though its student is killed and earlier answers are deleted', async () => {
    await client.submitRun(specification, { runId: `${name}-undisturbed` });
    const undisturbed = await succeeded(client, `${name}-undisturbed`);
    const tables = await deleteAnswers();
    for (const [index, teacher] of TEACHERS.entries()) {
      const own = tables.filter((table) => table.teacher === teacher);
      const outputs = new Set(own.flatMap((table) => table.outputs));
      expect([...outputs]).toEqual([accesses[index] === 'black' ? 'class' : 'logits']);
    }

    const runId = `${name}-disturbed`;
    await client.submitRun(specification, { runId });
    await inTheMiddle(client, runId);
    const student = cluster.processes.find(({ kind }) => kind === 'student');
    await cluster.kill(student?.workerId ?? '', 'SIGKILL');
    await cluster.startStudentWorker();
    const disturbed = await succeeded(client, runId);
    expect(disturbed.attempt).toBe(1);
    expect(disturbed.finalWeightsDigest).toBe(undisturbed.finalWeightsDigest);
    expect(await client.getReport(runId)).toMatchObject({ bitExact: true, bitExactExceptions: [] });
    // The teachers were asked again, for the same outputs as before.
    const again = await deleteAnswers();
    expect(again.length).toBeGreaterThanOrEqual(TEACHERS.length * EPOCHS);
    expect(contentsOf(again)).toEqual(contentsOf(tables));
  });
});
