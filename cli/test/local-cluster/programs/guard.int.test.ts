/**
 * With real processes: a parent that starts a child and a guard is killed; the child must go. The parent and
 * the child are a few lines of JavaScript each; guard and child handling are the compiled ones.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChildProgram } from '../../../src/local-cluster/programs/child-program.js';
import { Guard } from '../../../src/local-cluster/programs/guard-process.js';
import { keepRunning } from '../../../src/local-cluster/programs/keep-running.js';
import { programFile } from '../../../src/local-cluster/programs/program-files.js';

const LOCAL = new URL('../../../dist/local-cluster/programs/', import.meta.url).href;

/** Ready at once, deaf to SIGTERM if `argv[2]` says so. */
const CHILD = `
if (process.argv[2] === 'deaf') process.on('SIGTERM', () => console.error('heard SIGTERM'));
console.error('child runs');
console.log(JSON.stringify({ program: 'child', pid: process.pid }));
setInterval(() => {}, 1000);
`;

const PARENT = (child: string, folder: string, mode: string) => `
const { Guard } = await import('${LOCAL}guard-process.js');
const { ChildProgram } = await import('${LOCAL}child-program.js');
const child = await ChildProgram.start({
  name: 'child', file: '${child}', args: ['${mode}'], env: process.env,
  logFile: '${folder}/child.log', guard: Guard.start(), signal: new AbortController().signal,
});
console.log(child.pid);
`;

let folder = '';
let guard: Guard;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  await writeFile(path.join(folder, 'child.mjs'), CHILD);
  guard = Guard.start();
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await guard.stop();
  await rm(folder, { recursive: true });
});

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

function startChild(file: string, ...args: string[]): Promise<ChildProgram> {
  return ChildProgram.start({
    name: 'child',
    file,
    args,
    yields: false,
    env: process.env,
    logFile: path.join(folder, 'child.log'),
    guard,
    signal: new AbortController().signal,
  });
}

test.each(['obedient', 'deaf'])('SIGKILL of the parent ends a child that is %s', async (mode) => {
  const child = path.join(folder, 'child.mjs');
  const parent = spawn(process.execPath, [await write('parent.mjs', PARENT(child, folder, mode))]);
  started.push(parent);
  const [line] = await new Promise<[string]>((resolve) =>
    createInterface({ input: parent.stdout }).once('line', (text) => resolve([text])),
  );
  const pid = Number(line);
  expect(runs(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 120_000, interval: 50 });
  const heard = (await readFile(path.join(folder, 'child.log'), 'utf8')).includes('heard SIGTERM');
  expect(heard).toBe(mode === 'deaf');
});

test('SIGKILL of coordinator up ends a nats-server that was still starting', async () => {
  const pidFile = path.join(folder, 'nats.pid');
  await mkdir(path.join(folder, 'bin'));
  const binary = path.join(folder, 'bin', 'nats-server');
  await writeFile(binary, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 1000\n`, { mode: 0o755 });
  const up = ['up', '--teachers', '0', '--state-dir', path.join(folder, 'state')];
  const parent = spawn(process.execPath, [programFile('coordinator'), ...up], {
    env: { ...process.env, LYCEUM_CACHE: folder },
    stdio: 'ignore',
  });
  started.push(parent);
  const limits = { timeout: 120_000, interval: 50 };
  await vi.waitFor(async () => expect(await readFile(pidFile, 'utf8')).toMatch(/\n$/), limits);
  const pid = Number(await readFile(pidFile, 'utf8'));
  expect(runs(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(runs(pid)).toBe(false), limits);
});

test('Guard.stop does not wait for a guard that was killed', async () => {
  const pid = guard.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 120_000, interval: 50 });
  await guard.stop();
});

test('ChildProgram.start reports a child that ends before it is ready, with the end of its log', async () => {
  const file = await write(
    'broken.mjs',
    `console.error('cannot listen: port in use'); process.exit(3);`,
  );
  await expect(startChild(file)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /child did not start: it ended \(exit code 3\)[\s\S]*port in use/,
    ),
  });
});

test('ChildProgram.stop ends a child with SIGTERM', async () => {
  const child = await startChild(path.join(folder, 'child.mjs'));
  expect(child.running).toBe(true);
  await child.stop();
  expect(child.running).toBe(false);
  expect(await child.exited).toBe('SIGTERM');
});

test('keepRunning starts a child that dies again, until it is told to stop', async () => {
  const file = path.join(folder, 'child.mjs');
  const pids: number[] = [];
  const lines: string[] = [];
  const stopping = new AbortController();
  const first = await startChild(file);
  const kept = keepRunning(first, {
    restart: async () => {
      const program = await startChild(file);
      pids.push(program.pid);
      return program;
    },
    stopping: stopping.signal,
    log: (line) => lines.push(line),
  });
  first.kill('SIGKILL');
  await vi.waitFor(() => expect(lines.at(-1)).toBe(`child is back (pid ${pids[0]})`), {
    timeout: 120_000,
  });
  expect(lines[0]).toMatch(
    /^child died \(SIGKILL, as the kernel .*\); the end of .*child\.log:\n {2}child runs$/,
  );
  stopping.abort();
  process.kill(pids[0] ?? 0, 'SIGTERM');
  await kept;
  expect(pids).toHaveLength(1);
});
