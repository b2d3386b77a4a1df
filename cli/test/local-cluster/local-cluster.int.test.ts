/**
 * `LocalCluster` with nats-server, coordinator and workers as real processes, and `coordinator up` as one that is
 * interrupted and killed. The tests look at which processes run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { LocalCluster, programFile } from '../../src/local-cluster/index.js';
import { startCluster } from './cluster-runs.js';

const PATIENT = { timeout: 120_000, interval: 100 };

const clusters: LocalCluster[] = [];
const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const cluster of clusters.splice(0)) await cluster.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  folders.push(folder);
  return folder;
}

async function workerIds(address: string): Promise<string[]> {
  const client = new CoordinatorClient(address);
  try {
    return (await client.listWorkers()).map((worker) => worker.workerId).sort();
  } finally {
    client.close();
  }
}

test('LocalCluster starts, restarts killed programs, and leaves no process and no folder', async () => {
  const lines: string[] = [];
  const cluster = await startCluster({
    restartWorkers: true,
    log: (line) => lines.push(line),
  });
  clusters.push(cluster);
  const pidOf = (id: string) => cluster.processes.find((p) => p.workerId === id)?.pid;
  expect(cluster.processes.map((p) => `${p.kind} ${p.workerId}`)).toEqual([
    'nats nats',
    'coordinator coordinator',
    'teacher teacher-1',
    'student student-1',
  ]);
  const { address } = cluster;
  await vi.waitFor(
    async () => expect(await workerIds(address)).toEqual(['student-1', 'teacher-1']),
    PATIENT,
  );

  // A worker that dies comes back under its name.
  const before = pidOf('teacher-1');
  await cluster.kill('teacher-1', 'SIGKILL');
  await vi.waitFor(
    () => expect(lines).toContainEqual(expect.stringMatching(/^teacher worker teacher-1 is back/)),
    PATIENT,
  );
  expect(pidOf('teacher-1')).not.toBe(before);
  const death =
    'teacher worker teacher-1 died (SIGKILL, as the kernel sends it when memory runs out); ';
  expect(lines).toContainEqual(expect.stringContaining(death));

  // A coordinator that is killed comes back at its address, and the workers find it.
  await cluster.restartCoordinator('SIGKILL');
  expect(cluster.address).toBe(address);
  await vi.waitFor(
    async () => expect(await workerIds(address)).toEqual(['student-1', 'teacher-1']),
    PATIENT,
  );

  expect(await cluster.startTeacherWorker()).toBe('teacher-2');

  const pids = cluster.processes.map((p) => p.pid);
  expect(pids).toHaveLength(5);
  await cluster.stop();
  expect(pids.filter(runs)).toEqual([]);
  expect(cluster.processes).toEqual([]);
  expect(existsSync(cluster.stateDir)).toBe(false);
});

test('LocalCluster runs all programs but the student at a low priority', async () => {
  const cluster = await LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
  });
  clusters.push(cluster);
  const own = getPriority();
  const low = Math.min(own + 10, 19);
  const priorities = cluster.processes.map(({ kind, pid }) => [kind, getPriority(pid)]);
  expect(priorities).toEqual([
    ['nats', low],
    ['coordinator', low],
    ['teacher', low],
    ['student', own],
  ]);
  for (const { kind, pid } of cluster.processes) {
    const file = `/proc/${pid}/autogroup`;
    // Where the kernel does not group processes by session.
    if (!existsSync(file)) continue;
    const nice = kind === 'student' ? 0 : low;
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(` nice ${nice}$`, 'm'));
  }
});

test('LocalCluster reports the death of the coordinator', async () => {
  const cluster = await startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
  });
  clusters.push(cluster);
  await cluster.kill('coordinator', 'SIGKILL');
  await expect(cluster.failed).rejects.toThrow(/coordinator died \(SIGKILL, as the kernel /);
  await expect(cluster.kill('coordinator', 'SIGTERM')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('LocalCluster does not start without nats-server, and says what to do', async () => {
  const env = { PATH: '', LYCEUM_CACHE: await temporaryFolder() };
  await expect(
    LocalCluster.start({ environment: process.env, teacherWorkers: 0, studentWorkers: 0, env }),
  ).rejects.toThrow('npm run setup');
});

test('LocalCluster.start with an aborted signal is given up', async () => {
  const start = startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
    stateDir: await temporaryFolder(),
    signal: AbortSignal.abort(),
  });
  void start.then(
    (cluster) => clusters.push(cluster),
    () => undefined,
  );
  await expect(start).rejects.toThrow('starting was given up');
});

test('LocalCluster ends the coordinator if a worker cannot start', async () => {
  const stateDir = await temporaryFolder();
  const start = LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 0,
    // Refused by the worker at once.
    computeThreads: -1,
    stateDir,
  });
  await expect(start).rejects.toThrow(/teacher worker teacher-1 did not start: it ended/);
  const log = await readFile(path.join(stateDir, 'logs', 'coordinator.log'), 'utf8');
  expect(runs(JSON.parse(log.split('\n')[0] ?? '').pid)).toBe(false);
});

/** `coordinator up` once it is up, and the processes that it started. */
async function startUp(): Promise<{ up: ChildProcess; stderr: () => string; pids: number[] }> {
  const stateDir = await temporaryFolder();
  const flags = ['--teachers', '1', '--students', '0', '--compute-threads', '1'];
  const up = spawn(
    process.execPath,
    [programFile('coordinator'), 'up', ...flags, '--state-dir', stateDir],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  started.push(up);
  let stderr = '';
  up.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: up.stdout }).once('line', resolve);
    up.once('exit', (code) => reject(new Error(`up ended with ${code}:\n${stderr}`)));
  });
  expect(line).toMatch(/^export LYCEUM_COORDINATOR=127\.0\.0\.1:\d+$/);
  const found = () => [...stderr.matchAll(/\(pid (\d+)\)/g)].map((match) => Number(match[1]));
  // stdout and stderr are two pipes: an earlier line may come later.
  await vi.waitFor(() => {
    expect(found()).toHaveLength(3);
    expect(stderr).toMatch(/^In a browser, once: http:\/\/127\.0\.0\.1:\d+\/open\/\S{43}$/m);
  }, PATIENT);
  const pids = found();
  expect((await readdir(path.join(stateDir, 'logs'))).sort()).toEqual([
    'coordinator.log',
    'teacher-1.log',
  ]);
  return { up, stderr: () => stderr, pids };
}

test('Ctrl-C on coordinator up ends its cluster in order', async () => {
  const { up, stderr, pids } = await startUp();
  // Closed, not exited: what it has printed has come by then.
  const exited = new Promise((resolve) => up.once('close', (code) => resolve(code)));
  up.kill('SIGINT');
  // As npm does: an echo of the same Ctrl-C.
  up.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(pids.filter(runs)).toEqual([]);
  expect(stderr()).toContain('the cluster has ended');
});

test('SIGKILL of coordinator up ends its cluster', async () => {
  const { up, pids } = await startUp();
  up.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(runs)).toEqual([]), PATIENT);
});
