/**
 * Garbage in every place in NATS that programs read from, with a real `nats-server` and the real coordinator. Garbage
 * tickets are in `platform/test/nats/nats.int.test.ts`.
 */
import { call, openServerStream } from '@lyceum/platform';
import {
  ArtifactKind,
  eventSubject,
  LEADER_BUCKET,
  NAME_BUCKET,
  POINTER_BUCKET,
  RUN_BUCKET,
  RunState,
} from '@lyceum/proto';
import { connect } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { StudentPeer } from './student-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { tinyDatasetBytes } from './tiny-artifacts.js';

const GARBAGE = ['', 'null', '{', '[]', '{"runId":"x"}', '\u0000\ufffd', 'x'.repeat(200_000)];

let cluster: TestCoordinator;
const peers: StudentPeer[] = [];
beforeAll(async () => {
  cluster = await TestCoordinator.start();
  await cluster.push('dataset', 'tiny', tinyDatasetBytes(1));
});
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.kill();
  await cluster.quiet();
});
afterAll(async () => {
  await cluster.stop();
});

function specification(name: string): string {
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name },
    spec: {
      dataset: 'tiny',
      student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
      training: { batchSize: 30, epochs: 1 },
    },
  });
}

async function submit(name: string): Promise<void> {
  const { run } = cluster.clients;
  const request = { specification: specification(name), runId: '', dryRun: false };
  await call(run, run.submitRun, request);
}

async function put(bucket: string, key: string, text: string): Promise<void> {
  await (await cluster.nats.keyValue(bucket, { create: false })).put(key, text);
}

describe.each(GARBAGE)('garbage text %# in NATS', (garbage) => {
  it('as a run record does not count as a run, and other runs are there after a restart', async () => {
    await submit('sound');
    await put(RUN_BUCKET, 'garbage', garbage);
    await cluster.restart();
    expect((await cluster.run('sound')).runId).toBe('sound');
    await expect(cluster.run('garbage')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('as an artifact name is not listed, and the name can be pushed again', async () => {
    await put(NAME_BUCKET, 'dataset.garbage', garbage);
    const { artifact } = cluster.clients;
    const kind = ArtifactKind.ARTIFACT_KIND_DATASET;
    const { artifacts } = await call(artifact, artifact.listArtifacts, { kind });
    expect(artifacts.map(({ name }) => name)).toContain('tiny');
    expect(artifacts.map(({ name }) => name)).not.toContain('garbage');
    await cluster.push('dataset', 'garbage', tinyDatasetBytes(1));
    const after = await call(artifact, artifact.listArtifacts, { kind });
    expect(after.artifacts.map(({ name }) => name)).toContain('garbage');
  });

  it('as a checkpoint pointer fails its run, and no other run', async () => {
    const name = `pointer-${GARBAGE.indexOf(garbage)}`;
    await submit(name);
    await put(POINTER_BUCKET, name, garbage);
    await submit(`${name}-other`);
    peers.push(new StudentPeer(cluster, 's1'));
    const failed = await eventually(async () => {
      const run = await cluster.run(name);
      return run.state === RunState.RUN_STATE_FAILED ? run : undefined;
    });
    expect(failed.reason).toContain(`checkpoint pointer ${name}`);
    await eventually(() => (peers[0]?.run?.runId === `${name}-other` ? true : undefined));
  });

  it('as a pointer left by a former run makes a submit with its id FAILED_PRECONDITION', async () => {
    const name = `left-${GARBAGE.indexOf(garbage)}`;
    await put(POINTER_BUCKET, name, garbage);
    await expect(submit(name)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('under another id: checkpoint pointer left-'),
    });
    await expect(cluster.run(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('as an event does not hide other events', async () => {
    const name = `events-${GARBAGE.indexOf(garbage)}`;
    await submit(name);
    const raw = await connect({ servers: cluster.natsUrl });
    // The first two bytes begin a string that is longer than the message.
    const bytes = Buffer.concat([Buffer.from([0x0a, 0xff]), Buffer.from(garbage)]);
    await raw.jetstream().publish(eventSubject(name), bytes);
    await raw.close();
    const { run } = cluster.clients;
    await call(run, run.cancelRun, { runId: name });
    await eventually(async () => {
      const kinds: string[] = [];
      const seen = openServerStream(() => run.listEvents({ runId: name, follow: false }));
      for await (const { event } of seen.incoming) kinds.push(event?.kind ?? '');
      const changes = kinds.filter((kind) => kind === 'state-changed');
      return changes.length > 1 ? true : undefined;
    });
  });
});

test('a coordinator does not start with a garbage leader record, and names the bucket', async () => {
  const other = await TestCoordinator.start();
  await (await other.nats.keyValue(LEADER_BUCKET, { create: false })).put('leader', '{');
  await expect(other.restart()).rejects.toThrow(`bucket ${LEADER_BUCKET}`);
  await (await other.nats.keyValue(LEADER_BUCKET, { create: false })).delete('leader');
  await other.restart();
  await other.stop();
});
