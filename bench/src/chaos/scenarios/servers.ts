/**
 * Three teachers: one in the cluster, one behind an inference server whose model is replaced during the run, and one
 * behind an endpoint that is paid by the call.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { formatAt } from '@lyceum/learning/formats';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { sleep } from '@lyceum/platform';
import { ArtifactKind, RunState, toLyceumError } from '@lyceum/proto';
import { LinearServer } from './linear-server.js';
import type { Scenario, Scene, Servers } from './scenario.js';

const LOOK_MS = 200;
/** Samples in one call of the endpoint. */
const ROWS_A_CALL = 64;
const NAMES = ['wide', 'served', 'paid'];

export const servers: Scenario = {
  name: 'servers',
  expected: 'undisturbed',
  firstBlowAt: 0.05,
  spec: {
    teachers: [
      { name: 'wide', model: 'wide' },
      { name: 'served', model: 'served', access: 'gray' },
      { name: 'paid', model: 'paid', access: 'black' },
    ],
    teacherHealth: { accept: NAMES },
    // No views: the paid endpoint is asked once for each sample.
    views: undefined,
    objective: [
      { term: 'kd', weight: 0.5, temperature: 2, teachers: ['wide', 'served'] },
      { term: 'vote', weight: 0.3, teachers: ['paid'] },
      { term: 'ce', weight: 0.2 },
    ],
  },
  openServers,
  meanwhile: replaceModel,
};

async function openServers(
  client: CoordinatorClient,
  route: (address: string) => Promise<string>,
): Promise<Servers> {
  const server = await LinearServer.start();
  const url = `http://${await route(server.address)}`;
  const description = { url, model: 'linear', deadlineSeconds: 10 };
  await client.pushInferenceModel('served', checkInferenceDescription(description, 'chaos run'));
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, 'paid', await paidModel(url));
  return {
    swap: (isOther) => {
      server.isOther = isOther;
    },
    close: () => server.close(),
  };
}

async function paidModel(url: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-chaos-'));
  try {
    const file = join(folder, 'paid.yaml');
    const endpoint = {
      url: `${url}/paid`,
      request: { rows: '$inputs' },
      answer: '/classes/*',
      batch: ROWS_A_CALL,
      timeoutMs: 10_000,
      price: { perCall: 0.01 },
    };
    await writeFile(file, JSON.stringify(endpoint));
    return await formatAt(file, []).onDisk.pack(file, {});
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Twice: another model answers until the cluster notices it; then a user brings the right model back. */
async function replaceModel({
  client,
  runId,
  stepCount,
  servers,
  signal,
  log,
}: Scene): Promise<void> {
  for (const share of [0.2, 0.6]) {
    await until(
      async () => ((await client.getRun(runId)).progress?.step ?? 0) >= share * stepCount,
      signal,
    );
    if (signal.aborted) return;
    servers?.swap(true);
    log('another model answers in place of served');
    // A worker that has the teacher is quarantined; where each loads it anew, as with a new session, the run pauses.
    await until(async () => {
      const isPaused = (await client.getRun(runId)).state === RunState.RUN_STATE_PAUSED;
      return isPaused || (await client.listQuarantines()).length > 0;
    }, signal);
    servers?.swap(false);
    log('the model that was pushed answers again');
    // Repeated, since a worker that is late may still find an answer of the other model.
    await until(async () => {
      for (const { workerId } of await client.listQuarantines())
        await client.releaseWorker(workerId);
      const { state } = await client.getRun(runId);
      if (state === RunState.RUN_STATE_PAUSED) await client.resumeRun(runId);
      return (await client.listQuarantines()).length === 0 && state === RunState.RUN_STATE_TRAINING;
    }, signal);
  }
}

/** Waits until `holds` is true, however long the coordinator is away. */
async function until(holds: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await holds()) return;
    } catch (thrown) {
      const { code, retryable } = toLyceumError(thrown);
      // These codes tell a user that the call came too late: try again.
      if (!retryable && code !== 'FAILED_PRECONDITION' && code !== 'NOT_FOUND') throw thrown;
    }
    await sleep(LOOK_MS, signal);
  }
}
