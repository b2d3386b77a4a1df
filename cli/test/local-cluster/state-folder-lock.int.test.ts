/**
 * With real processes on one state folder: clusters, coordinators and workers of which only one may write there. The
 * tests check who is refused, with which message, that the folder stays as it was, and that a killed holder leaves no
 * lock.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger, lockFolder } from '@lyceum/platform';
import { findNatsServer, type NatsServer, startNatsServer } from '@lyceum/platform/nats';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LocalCluster, type ProgramName, programFile } from '../../src/local-cluster/index.js';
import { startCluster } from './cluster-runs.js';

const log = createLogger({ name: 'test', level: 'silent' });

let folder = '';
const clusters: LocalCluster[] = [];
const started: ChildProcess[] = [];
const servers: NatsServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-lock-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const cluster of clusters.splice(0)) await cluster.stop();
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly process: ChildProcess;
  /** The line that says that it is ready; undefined if it ended before. */
  readonly ready: Promise<string | undefined>;
  readonly exited: Promise<number | null>;
  stderr(): string;
}

function start(program: ProgramName, ...args: string[]): Started {
  const child = spawn(process.execPath, [programFile(program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // At `close`, not `exit`: by then all output has come.
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) => `${text}`);
  const ready = Promise.race([line, exited.then(() => undefined)]);
  return { process: child, ready, exited, stderr: () => stderr };
}

async function nats(): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  const server = await startNatsServer({ binary, storeDir: path.join(folder, 'n'), port: 0, log });
  servers.push(server);
  return server;
}

/** Every file below the folder, with its size and the time of its last change. */
async function contents(of: string): Promise<string[]> {
  const entries = await readdir(of, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(file);
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
}

test('a second coordinator up on a state folder in use names its holder, and touches nothing', async () => {
  const stateDir = path.join(folder, 'state');
  const cluster = await startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
    stateDir,
  });
  clusters.push(cluster);
  const files = (await readdir(stateDir, { recursive: true })).sort();
  const second = start('coordinator', 'up', '--students', '0', '--state-dir', stateDir);
  expect(await second.exited).toBe(6);
  expect(second.stderr()).toContain(
    `the state folder ${stateDir} is in use by a local cluster, process ${process.pid} on `,
  );
  expect(second.stderr()).not.toContain('is ready');
  expect((await readdir(stateDir, { recursive: true })).sort()).toEqual(files);
  expect(cluster.processes.map(({ kind }) => kind)).toEqual(['nats', 'coordinator']);
});

test('a killed coordinator up leaves no lock: the next one gets the state folder', async () => {
  const flags = ['up', '--teachers', '0', '--students', '0', '--state-dir', folder];
  const first = start('coordinator', ...flags);
  expect(await first.ready).toMatch(/^export LYCEUM_COORDINATOR=/);
  first.process.kill('SIGKILL');
  const second = start('coordinator', ...flags);
  expect(await second.ready, second.stderr()).toMatch(/^export LYCEUM_COORDINATOR=/);
});

test('a second nats-server on the same store is refused', async () => {
  await nats();
  await expect(nats()).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining(`is in use by nats-server, process ${servers[0]?.pid} on `),
  });
});

test.each([
  ['coordinator', ['serve', '--listen', '127.0.0.1:0'], 'coordinator'],
  ['student-worker', ['--worker-id', 'one', '--compute-threads', '1'], 'student worker one'],
  ['teacher-worker', ['--worker-id', 'one', '--compute-threads', '1'], 'teacher worker one'],
] as const)(
  'a second %s on one state folder is refused, also if the first is stopped, not if it is dead',
  async (program, flags, name) => {
    const server = await nats();
    const stateDir = path.join(folder, 'state');
    const args = [...flags, '--nats', server.url, '--state-dir', stateDir];
    const first = start(program, ...args);
    expect(await first.ready, first.stderr()).toContain('pid');
    const holder = `the state folder ${stateDir} is in use by ${name}, process ${first.process.pid} on `;

    const before = await contents(stateDir);
    const second = start(program, ...args);
    expect(await second.exited).toBe(6);
    expect(second.stderr()).toContain(holder);
    expect(await contents(stateDir)).toEqual(before);

    first.process.kill('SIGSTOP');
    const third = start(program, ...args);
    expect(await third.exited).toBe(6);
    expect(third.stderr()).toContain(holder);
    expect(third.stderr()).toContain('stopped by a signal');

    first.process.kill('SIGKILL');
    await first.exited;
    const fourth = start(program, ...args);
    expect(await fourth.ready, fourth.stderr()).toContain('pid');
  },
);

test('lockFolder gives a folder to one of eight at once, and to the next after the release', async () => {
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => lockFolder(folder, `program ${n}`)),
  );
  const got = tries.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(got).toHaveLength(1);
  got[0]?.release();
  (await lockFolder(folder, 'the next')).release();
});
