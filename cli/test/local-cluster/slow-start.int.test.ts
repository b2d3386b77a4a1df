/**
 * With real processes: a cluster that starts beside busy processes, and programs that get stuck or end. The tests do
 * not measure how long a start takes, only that it is waited for.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { ChildProgram } from '../../src/local-cluster/programs/child-program.js';
import { Guard } from '../../src/local-cluster/programs/guard-process.js';
import { startCli } from '../commands/cli-process.js';

const BUSY_COUNT = 4 * availableParallelism();

/** Far more than a start beside them takes. */
const LIMIT_MS = 900_000;

let folder = '';
let guard: Guard;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-slow-'));
  guard = Guard.start();
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await guard.stop();
  await rm(folder, { recursive: true, force: true });
});

test(
  'a cluster starts beside four busy processes a core, and its programs yield once they are ready',
  async () => {
    for (let n = 0; n < BUSY_COUNT; n++) {
      started.push(
        spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore', detached: true }),
      );
    }
    const cluster = await LocalCluster.start({
      environment: process.env,
      teacherWorkers: 3,
      studentWorkers: 1,
      stateDir: path.join(folder, 'state'),
    });
    try {
      await vi.waitFor(
        async () => {
          const workers = await startCli(cluster.address, ['workers', '-o', 'json']).result;
          expect(JSON.parse(workers.stdout)).toHaveLength(4);
        },
        { timeout: LIMIT_MS, interval: 1_000 },
      );
      const low = Math.min(getPriority() + 10, 19);
      for (const { kind, pid } of cluster.processes) {
        const threads = (await readdir(`/proc/${pid}/task`)).map(Number);
        const wanted = kind === 'student' ? getPriority() : low;
        expect(new Set(threads.map((thread) => getPriority(thread))), kind).toEqual(
          new Set([wanted]),
        );
      }
    } finally {
      await cluster.stop();
    }
  },
  LIMIT_MS,
);

test('ChildProgram.start gives a program up that gets stuck, with the log of this start only', async () => {
  const lines: string[] = [];
  const file = path.join(folder, 'stuck.mjs');
  const logFile = path.join(folder, 'stuck.log');
  const line = JSON.stringify({ level: 30, msg: 'looking for the way' });
  await writeFile(file, `console.error('${line}'); setInterval(() => {}, 1000);`);
  await writeFile(logFile, 'the end of an earlier start\n');
  const start = ChildProgram.start({
    name: 'stuck',
    file,
    args: [],
    yields: false,
    env: process.env,
    logFile,
    guard,
    log: (line) => lines.push(line),
    maxSilenceMs: 20_000,
    signal: new AbortController().signal,
  });
  await expect(start).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `stuck did not start: for 20 s it has neither computed nor logged anything; the end of ${logFile}:\n  ${line}`,
  });
  // Before the program has logged anything, the notice lacks these words.
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^waiting for stuck: looking for the way \(\d+\.\d s of processor time in \d+\.\d s\)$/,
    ),
  );
});

test('ChildProgram.start reports a program that ends without a log, without an earlier log', async () => {
  const file = path.join(folder, 'mute.mjs');
  const logFile = path.join(folder, 'mute.log');
  await writeFile(file, 'process.exit(3);');
  await writeFile(logFile, 'the end of an earlier start\n');
  const start = ChildProgram.start({
    name: 'mute',
    file,
    args: [],
    yields: false,
    env: process.env,
    logFile,
    guard,
    signal: new AbortController().signal,
  });
  await expect(start).rejects.toThrow(
    `mute did not start: it ended (exit code 3) before it was ready; it has written nothing to ${logFile}`,
  );
});
