// Two coordinators, each a process with a state folder of its own, on one real `nats-server`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLogger } from '@lyceum/platform';
import { findNatsServer, type NatsServer, startNatsServer } from '@lyceum/platform/nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_FILE } from '../commands/cli-process.js';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
let server: NatsServer;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  folder = await mkdtemp(join(tmpdir(), 'lyceum-rivals-'));
  server = await startNatsServer({ binary, storeDir: join(folder, 'nats'), port: 0, log });
});

afterAll(async () => {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await server.stop();
  await rm(folder, { recursive: true });
});

interface Rival {
  readonly process: ChildProcess;
  /** Resolves once it leads and listens. */
  readonly ready: Promise<unknown>;
  readonly exitCode: Promise<number | null>;
}

function start(name: string): Rival {
  const args = ['serve', '--listen', '127.0.0.1:0', '--nats', server.url];
  const child = spawn(process.execPath, [CLI_FILE, ...args, '--state-dir', join(folder, name)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  processes.push(child);
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { process: child, ready, exitCode };
}

it('lets one lead, hands over from one that is stopped, and ends that one once it goes on', async () => {
  const first = start('first');
  await first.ready;
  const second = start('second');
  first.process.kill('SIGSTOP');
  await second.ready;

  first.process.kill('SIGCONT');
  expect(await first.exitCode).toBe(1);

  const third = start('third');
  second.process.kill('SIGTERM');
  expect(await second.exitCode).toBe(0);
  await third.ready;
});
