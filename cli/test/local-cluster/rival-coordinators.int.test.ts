// Two coordinators, each a process with a state folder of its own, on one real `nats-server`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeDataset } from '@lyceum/learning/datasets';
import { createLogger } from '@lyceum/platform';
import { findNatsServer, type NatsServer, startNatsServer } from '@lyceum/platform/nats';
import { ArtifactKind, LEADER_BUCKET } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { CLI_FILE } from '../commands/cli-process.js';
import { images } from './long-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
let server: NatsServer;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-rivals-'));
  await startNats('nats', 0);
});

async function startNats(store: string, port: number): Promise<void> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  server = await startNatsServer({ binary, storeDir: join(folder, store), port, log });
}

afterEach(async () => {
  for (const child of processes.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

interface Rival {
  readonly process: ChildProcess;
  /** Resolves once it leads and listens, with its address. */
  readonly ready: Promise<string>;
  readonly exitCode: Promise<number | null>;
  /** Resolves once its log has the text. */
  readonly says: (text: string) => Promise<void>;
}

function start(name: string): Rival {
  const args = ['serve', '--listen', '127.0.0.1:0', '--nats', server.url];
  const child = spawn(process.execPath, [CLI_FILE, ...args, '--state-dir', join(folder, name)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.push(child);
  let logged = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    logged += text;
  });
  const says = async (text: string) => {
    while (!logged.includes(text)) await once(child.stderr, 'data');
  };
  const ready = once(createInterface({ input: child.stdout }), 'line').then(
    ([line]) => JSON.parse(line).address as string,
  );
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { process: child, ready, exitCode, says };
}

/** Resolves when a coordinator takes or renews the lease, with what it writes. */
async function leaseWritten(): Promise<{ leaderEpoch: number }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('utf8');
  socket.write(`CONNECT {"verbose":false}\r\nSUB $KV.${LEADER_BUCKET}.leader 1\r\n`);
  try {
    for await (const text of socket) {
      const [record] = /\{"leaderEpoch".*\}/.exec(text) ?? [];
      if (record !== undefined) return JSON.parse(record);
    }
    throw new Error('NATS is gone');
  } finally {
    socket.destroy();
  }
}

/** NATS comes back with nothing. */
async function emptyNats(store: string): Promise<void> {
  const port = Number(new URL(server.url).port);
  await server.stop();
  await startNats(store, port);
}

async function pushImages(address: string): Promise<void> {
  const client = new CoordinatorClient(address);
  const bytes = encodeDataset(images());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', bytes);
  client.close();
}

async function setsAt(address: string): Promise<string[]> {
  const client = new CoordinatorClient(address);
  const sets = await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_DATASET);
  client.close();
  return sets.map(({ name }) => name);
}

it('a second coordinator takes over from a stopped leader, which ends once it goes on', async () => {
  const first = start('first');
  await first.ready;
  const second = start('second');
  first.process.kill('SIGSTOP');
  await second.ready;

  first.process.kill('SIGCONT');
  expect(await first.exitCode).toBe(6);

  const third = start('third');
  second.process.kill('SIGTERM');
  expect(await second.exitCode).toBe(0);
  await third.ready;
});

it('a standby coordinator leaves an emptied NATS to the last leader, which restores it', async () => {
  const leader = start('leader');
  await pushImages(await leader.ready);
  const standby = start('standby');
  await standby.says('another coordinator leads');
  leader.process.kill('SIGKILL');
  await leader.exitCode;
  await emptyNats('empty');
  await standby.says('start the coordinator that led last');

  expect(await setsAt(await start('leader').ready)).toEqual(['images']);
  expect(standby.process.exitCode).toBeNull();
});

it('a coordinator that was killed as it took the lease restores an emptied NATS', async () => {
  await emptyNats('another');
  const lone = start('lone');
  await pushImages(await lone.ready);
  lone.process.kill('SIGKILL');
  await lone.exitCode;
  const copy = join(folder, 'lone', 'mirror', 'store.json');
  const epochOfCopy = async () => JSON.parse((await readFile(copy, 'utf8')).split('\n')[1] ?? '');
  const killAtLease = async () => {
    const taken = leaseWritten();
    const next = start('lone');
    const { leaderEpoch } = await taken;
    next.process.kill('SIGKILL');
    await next.exitCode;
    return leaderEpoch;
  };
  // Now and then the coordinator is faster, and its copy has the new epoch already.
  while ((await killAtLease()) === (await epochOfCopy()).leaderEpoch);
  await killAtLease();
  await emptyNats('third');
  expect(await setsAt(await start('lone').ready)).toEqual(['images']);
});
