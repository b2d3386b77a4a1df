/** The three teachers of the benches: trained once, briefly, then pushed to one cluster after another. */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { sleep } from '@lyceum/platform';
import { ArtifactKind } from '@lyceum/proto';
import { finished, progress } from './bench-cluster.js';
import { distillation, type StudentName, TEACHERS, training } from './remote-teachers-runs.js';

export async function pushDataset(
  client: CoordinatorClient,
  dataset: Buffer,
  signal: AbortSignal,
): Promise<void> {
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
}

/** @returns model packages, in the order of {@link TEACHERS}. The data set must have been pushed. */
export async function trainTeachers(
  client: CoordinatorClient,
  signal: AbortSignal,
): Promise<Buffer[]> {
  const models: Buffer[] = [];
  for (const name of TEACHERS) {
    progress(`training teacher ${name}`);
    await finished(client, training({ name, model: name, epochs: 1 }), signal);
    models.push(
      await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, `run:${name}`, { signal }),
    );
  }
  return models;
}

export async function pushTeachers(
  client: CoordinatorClient,
  models: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  for (const [index, model] of models.entries()) {
    const name = TEACHERS[index] ?? '';
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, name, model, { signal });
  }
}

/** Trains the teachers and pushes them under their names. The data set must have been pushed. */
export async function makeTeachers(client: CoordinatorClient, signal: AbortSignal): Promise<void> {
  await pushTeachers(client, await trainTeachers(client, signal), signal);
}

/**
 * Waits until every worker has computed every teacher's logits, so that this does not take the student's cores later.
 */
export async function warmUpTeachers(
  client: CoordinatorClient,
  student: StudentName,
  signal: AbortSignal,
): Promise<void> {
  const name = `${student}-warm-up`;
  await client.submitRun(distillation({ name, model: student, steps: 1_000_000, viewSeed: 0 }));
  for (;;) {
    const workers = (await client.listWorkers()).filter(({ kind }) => kind === 'teacher');
    if (workers.every(({ busyWith }) => busyWith.length === TEACHERS.length)) break;
    await sleep(500, signal);
  }
  await client.cancelRun(name);
  await client.waitForEnd(name, { signal });
}
