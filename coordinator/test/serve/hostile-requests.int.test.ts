// Hostile requests to the real program in a separate process: it refuses them with a status and a message, answers
// /livez meanwhile, and does not grow. Its memory is read from /proc.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { encodeDataset } from '@lyceum/learning/datasets';
import {
  ArtifactClient,
  ClusterClient,
  call,
  connect,
  newSessionKey,
  openClientStream,
  openDuplex,
  openServerStream,
  RunClient,
  StudentClient,
  TeacherClient,
} from '@lyceum/platform';
import {
  ArtifactKind,
  CHUNK_BYTES,
  DOWNLOAD_MAX_COUNT,
  LyceumError,
  type PushArtifactRequest,
  type PushArtifactResponse,
  RunState,
  sha256Hex,
} from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NatsOfItsOwn, startNatsOfItsOwn } from '../nats-of-its-own.js';
import { hostileDocuments } from './hostile-documents.js';
import { eventually } from './test-coordinator.js';
import { tinyDatasetBytes } from './tiny-artifacts.js';

/** The program, which starts the coordinator. */
const PROGRAM = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url));

/** Limit for /livez on a busy machine; a blocked event loop takes minutes. */
const PROBE_MAX_MS = 30_000;

/** How much the coordinator may grow, garbage that was not collected included. */
const GROWTH_MAX_BYTES = 200 * 1024 ** 2;

let nats: NatsOfItsOwn;
let child: ChildProcess;
let address = '';
let http = '';
let root = '';

beforeAll(async () => {
  nats = await startNatsOfItsOwn();
  root = join(nats.folder, 'datasets');
  await mkdir(root);
  const args = ['serve', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const places = ['--nats', nats.server.url, '--state-dir', join(nats.folder, 'coordinator')];
  child = spawn(process.execPath, [PROGRAM, ...args, ...places], {
    env: { ...process.env, LYCEUM_DATASETS_ROOT: root },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
  const [line] = (await once(lines, 'line')) as [string];
  ({ address, http } = JSON.parse(line));
});

afterAll(async () => {
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await once(child, 'exit');
  await nats.stop();
});

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Asks /livez repeatedly during `work`. @returns the longest time of an answer, in ms. */
async function probedDuring(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const settled = work.finally(() => {
    isOver = true;
  });
  settled.catch(() => undefined);
  let longestMs = 0;
  do {
    const sinceMs = performance.now();
    const response = await fetch(`http://${http}/livez`, {
      signal: AbortSignal.timeout(PROBE_MAX_MS),
    });
    expect(response.status).toBe(200);
    longestMs = Math.max(longestMs, performance.now() - sinceMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (!isOver);
  await settled;
  return longestMs;
}

const refusal = (asked: Promise<unknown>): Promise<LyceumError> =>
  asked.then(
    () => {
      throw new Error('it was accepted');
    },
    (err: unknown) => {
      if (err instanceof LyceumError) return err;
      throw err;
    },
  );

describe('a hostile run specification', () => {
  it.each(hostileDocuments)('is refused: $name', async ({ text }) => {
    const client = connect(RunClient, address);
    const asked = refusal(
      call(client, client.submitRun, { specification: text, runId: '', dryRun: false }),
    );
    await probedDuring(asked);
    const err = await asked;
    expect(err.code).toBe('INVALID_ARGUMENT');
    expect(err.message.length).toBeLessThan(10_000);
    client.close();
  });
});

describe('a data set by path', () => {
  const submitted = async (path: string, bytes = tinyDatasetBytes(1)) => {
    const client = connect(RunClient, address);
    const specification = JSON.stringify({
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Training',
      metadata: { name: 'by-path' },
      spec: {
        dataset: { path, digest: `sha256:${sha256Hex(bytes)}` },
        student: { model: { architecture: 'mlp' } },
        training: { batchSize: 10, steps: 5 },
      },
    });
    try {
      return await call(client, client.submitRun, { specification, runId: '', dryRun: true });
    } finally {
      client.close();
    }
  };

  it('is read below the root, also through a link within the root', async () => {
    await writeFile(join(root, 'tiny'), tinyDatasetBytes(1));
    await symlink(join(root, 'tiny'), join(root, 'link'));
    for (const name of ['tiny', 'link']) {
      const { run } = await submitted(join(root, name));
      expect(run?.state).toBe(RunState.RUN_STATE_QUEUED);
    }
  });

  it('is refused with the same message whatever lies at the path, and no digest of it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'lyceum-outside-'));
    await writeFile(join(outside, 'secret'), 'a secret');
    await writeFile(join(root, 'other'), 'other bytes');
    await symlink(join(outside, 'secret'), join(root, 'out'));
    await symlink('/dev/zero', join(root, 'zero'));
    await symlink(outside, join(root, 'folder'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const paths = [
      join(outside, 'secret'),
      join(outside, 'none'),
      join(root, 'none'),
      join(root, 'other'),
      join(root, 'out'),
      join(root, 'zero'),
      join(root, 'fifo'),
      join(root, 'folder', 'secret'),
      join(root, '..', 'datasets', '..', 'nats'),
      `${root}/../../../../../../etc/passwd`,
      root,
      '/',
      '/dev/zero',
      '/dev/stdin',
      '/proc/self/environ',
      ...Array.from({ length: 8 }, (_, n) => `/proc/self/fd/${n}`),
      `/proc/${child.pid}/mem`,
      `${root}/\0`,
      `/${'a'.repeat(40_000)}`,
      `/${'a/'.repeat(2_000)}`,
    ];
    const secrets = ['a secret', 'other bytes'].map((text) => sha256Hex(text));
    for (const path of paths) {
      const asked = refusal(submitted(path));
      await probedDuring(asked);
      const err = await asked;
      expect(err.code, path).toBe('INVALID_ARGUMENT');
      const shown = err.message.replaceAll(path, '').replaceAll(/\/a[a/]*…/g, '');
      expect(shown, path).toContain('there is no data set of SHA-256');
      for (const secret of secrets) expect(err.message).not.toContain(secret);
    }
    await rm(outside, { recursive: true });
  });

  it('is closed once its request is cancelled', async () => {
    // A sparse file of 64 GiB, whose hash takes minutes.
    execFileSync('truncate', ['-s', '64G', join(root, 'endless')]);
    const client = connect(RunClient, address);
    const specification = JSON.stringify({
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Training',
      metadata: { name: 'endless' },
      spec: {
        dataset: { path: join(root, 'endless'), digest: `sha256:${'0'.repeat(64)}` },
        student: { model: { architecture: 'mlp' } },
        training: { batchSize: 10, steps: 5 },
      },
    });
    const isOpen = async (): Promise<boolean> =>
      execFileSync('ls', ['-l', `/proc/${child.pid}/fd`]).includes('endless');
    const gone = new AbortController();
    const asked = call(
      client,
      client.submitRun,
      { specification, runId: '', dryRun: true },
      { signal: gone.signal },
    );
    asked.catch(() => undefined);
    await eventually(isOpen);
    gone.abort();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually(async () => !(await isOpen()));
    client.close();
  });
});

describe('a hello of a worker', () => {
  const long = 'x'.repeat(7 * 1024 ** 2);
  const device = { engine: 'native', engineVersion: '1', computeThreads: 1, device: 'cpu' };
  it.each([
    ['a worker id', { workerId: long }],
    ['a version', { version: long }],
    ['an engine', { device: { ...device, engine: long } }],
    ["an engine's version", { device: { ...device, engineVersion: long } }],
    ['a device', { device: { ...device, device: long } }],
    ['a key', { sessionKey: Buffer.from(long) }],
  ])('is refused with %s of 7 MB', async (_, change) => {
    const own = { workerId: 'w', version: '1', device, sessionKey: newSessionKey() };
    const teacher = connect(TeacherClient, address);
    const student = connect(StudentClient, address);
    const cluster = connect(ClusterClient, address);
    const asTeacher = openDuplex(() => teacher.session());
    const asStudent = openDuplex(() => student.session());
    const hello = { ...own, memoryBudgetBytes: 1, ...change };
    await asTeacher.send({ report: { $case: 'hello', hello } });
    await asStudent.send({ report: { $case: 'hello', hello: { ...own, ...change } } });
    for (const { incoming } of [asTeacher, asStudent]) {
      const err = await refusal(incoming[Symbol.asyncIterator]().next());
      expect(err.code).toBe('INVALID_ARGUMENT');
      expect(err.message.length).toBeLessThan(1_000);
    }
    expect((await call(cluster, cluster.listWorkers, {})).workers).toEqual([]);
    for (const client of [teacher, student, cluster]) client.close();
  });

  it('opens a session in which a 7 MB reason is cut and a report of 2,000 failures is refused', async () => {
    const teacher = connect(TeacherClient, address);
    const cluster = connect(ClusterClient, address);
    const session = openDuplex(() => teacher.session());
    const hello = { workerId: 'w', version: '1', device, sessionKey: newSessionKey() };
    await session.send({ report: { $case: 'hello', hello: { ...hello, memoryBudgetBytes: 1 } } });
    const teacherIdentity = Buffer.alloc(32, 1);
    const failed = [{ teacherIdentity, reason: long, permanent: false }];
    await session.send({ report: { $case: 'state', state: { revision: 0, loaded: [], failed } } });
    const [worker] = await eventually(async () => {
      const { workers } = await call(cluster, cluster.listWorkers, {});
      return workers.some(({ problems }) => problems.length > 0) ? workers : undefined;
    });
    expect(worker?.problems.join('').length).toBeLessThan(4_096);
    const many = Array.from({ length: 2_000 }, () => ({
      teacherIdentity,
      reason: '',
      permanent: false,
    }));
    await session.send({
      report: { $case: 'state', state: { revision: 0, loaded: [], failed: many } },
    });
    const reading = (async () => {
      for await (const _ of session.incoming);
    })();
    expect(await refusal(reading)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    for (const client of [teacher, cluster]) client.close();
  });
});

describe('a pull of an artifact', () => {
  it('that is not read takes little memory, and at most DOWNLOAD_MAX_COUNT run at once', async () => {
    const bytes = noiseSet();
    const client = connect(ArtifactClient, address);
    await pushed(client, bytes);
    const before = await residentBytes();
    const request = { kind: ArtifactKind.ARTIFACT_KIND_DATASET, name: 'noise' };
    // Each pull has its own connection, as twenty users have.
    const pullers = Array.from({ length: 20 }, () => {
      const puller = new ArtifactClient(address, grpc.credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
        'grpc.max_receive_message_length': -1,
      });
      const pull = puller.pullArtifact(request);
      const state = { refused: false };
      pull.on('error', (err: grpc.ServiceError) => {
        state.refused ||= err.code === grpc.status.RESOURCE_EXHAUSTED;
      });
      // Starts the pull, and reads nothing.
      pull.read(0);
      return { puller, pull, state };
    });
    const refused = () => pullers.filter(({ state }) => state.refused).length;
    await eventually(() => refused() === 20 - DOWNLOAD_MAX_COUNT, refused);
    // Until no more bytes flow.
    await eventually(async () => {
      const [one, other] = [await residentBytes(), await later(residentBytes)];
      return Math.abs(one - other) < 1024 ** 2;
    });
    expect((await residentBytes()) - before).toBeLessThan(GROWTH_MAX_BYTES);
    await probedDuring(Promise.resolve());
    for (const { pull, puller } of pullers) {
      pull.cancel();
      puller.close();
    }
    // Cancelled pulls free their places, and a new pull gets the pushed bytes.
    const whole = await eventually(() => pulled(client).catch(() => undefined));
    expect(sha256Hex(whole)).toBe(sha256Hex(bytes));
    client.close();
  });
});

const later = async <T>(look: () => Promise<T>): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return look();
};

/** A set of 64 MB that cannot be compressed. */
function noiseSet(): Buffer {
  const [sampleCount, width] = [1_000, 64_000];
  return encodeDataset({
    sampleShape: [width],
    sampleCount,
    classCount: 2,
    classNames: ['a', 'b'],
    inputs: randomFillSync(new Uint8Array(sampleCount * width)),
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, n) => n % 2),
    splits: Uint8Array.from({ length: sampleCount }, (_, n) => 1 + (n % 3)),
  });
}

async function pushed(client: ArtifactClient, bytes: Buffer): Promise<void> {
  const push = openClientStream<PushArtifactRequest, PushArtifactResponse>((done) =>
    client.pushArtifact(done),
  );
  const kind = ArtifactKind.ARTIFACT_KIND_DATASET;
  const header = { kind, name: 'noise', sizeBytes: bytes.length };
  await push.send({ part: { $case: 'header', header } });
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    await push.send({ part: { $case: 'chunk', chunk: bytes.subarray(at, at + CHUNK_BYTES) } });
  }
  push.end();
  await push.response;
}

async function pulled(client: ArtifactClient): Promise<Buffer> {
  const request = { kind: ArtifactKind.ARTIFACT_KIND_DATASET, name: 'noise' };
  const chunks: Buffer[] = [];
  const call = openServerStream(() => client.pullArtifact(request));
  for await (const { chunk } of call.incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
