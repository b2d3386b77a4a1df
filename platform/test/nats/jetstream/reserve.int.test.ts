/** A real nats-server with a limit of a few MiB, filled up to it. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_BYTES, chunksOf, RESERVE_STREAM, StorageFullError, sha256Hex } from '@lyceum/proto';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type BlobStore,
  connectNats,
  findNatsServer,
  type KeyValue,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '../../../src/nats/index.js';

const MIB = 2 ** 20;
const log = pino({ level: 'silent' });

let folder: string;
let server: NatsServer;
let nats: Nats;
let connection: NatsConnection;
let records: KeyValue;
let blobs: BlobStore;

/** A program that starts nats-server with another limit than its own. */
async function limitedServer(limit: string): Promise<string> {
  const file = join(folder, 'limited-nats-server');
  const lines = [
    '#!/bin/sh',
    `sed -i 's/jetstream {/jetstream { max_file_store: ${limit},/' "$2"`,
    `exec '${findNatsServer(process.env)}' "$@"`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(file, 0o755);
  return file;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-reserve-'));
  const binary = await limitedServer('16MB');
  const env = { PATH: process.env['PATH'] };
  server = await startNatsServer({ binary, storeDir: join(folder, 'nats'), port: 0, log, env });
  nats = await connectNats({ url: server.url, name: 'coordinator', log });
  connection = await connect({ servers: server.url });
  records = await nats.keyValue('records', { create: true });
  blobs = await nats.blobs({ create: true });
});

afterAll(async () => {
  await connection.close();
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const manager = () => connection.jetstreamManager();

async function reservedChunks(): Promise<number> {
  return (await (await manager()).streams.info(RESERVE_STREAM)).state.messages;
}

/** Writes what the reserve does not guard, until NATS refuses it. */
async function fill(): Promise<void> {
  await (await manager()).streams.add({ name: 'FILLING', subjects: ['filling'] });
  const filling = async (): Promise<void> => {
    for (;;) await connection.jetstream().publish('filling', randomBytes(100_000));
  };
  await expect(filling()).rejects.toThrow('503');
}

async function makeRoom(): Promise<void> {
  await (await manager()).streams.delete('FILLING');
}

test('a NATS at its limit takes records and deletions, and blobs once there is room', async () => {
  const small = await blobs.put(randomBytes(1));
  const large = await blobs.put(randomBytes(6 * MIB));
  expect(await reservedChunks()).toBe(16);

  await fill();
  await expect(blobs.put(randomBytes(MIB))).rejects.toThrow(/^blob .*: NATS has no room left$/);
  expect(await reservedChunks()).toBe(16);
  await blobs.delete(small);
  expect(await reservedChunks()).toBe(0);
  // More than one chunk: the reserve finds no room again.
  for (let i = 0; i < 50; i++) await records.put(`run-${i}`, 'x'.repeat(10_000));
  expect(await reservedChunks()).toBe(0);

  const refusal = new StorageFullError('NATS has no room left');
  await expect(blobs.put(randomBytes(1))).rejects.toThrow(refusal);
  await expect(blobs.put(randomBytes(1))).rejects.toThrow(refusal);
  expect(await reservedChunks()).toBe(0);
  await records.put('run', 'x'.repeat(10_000));

  await blobs.delete(large);
  expect(await blobs.has(large)).toBe(false);
  await blobs.put(randomBytes(1));
  expect(await reservedChunks()).toBe(16);
  await makeRoom();
});

test('a blob that is being put is refused once a record needed the reserve', async () => {
  const bytes = randomBytes(4 * MIB);
  async function* arriving(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      if (at === 2 * MIB) {
        await fill();
        await records.put('run', 'full');
      }
      yield bytes.subarray(at, at + CHUNK_BYTES);
    }
  }
  const blob = { digest: sha256Hex(bytes), sizeBytes: bytes.length };
  await expect(blobs.putChunks(blob, arriving())).rejects.toThrow('NATS has no room left');
  expect(await blobs.uploads()).toEqual([]);
  await makeRoom();
  await blobs.putChunks(blob, [...chunksOf(bytes)]);
  expect(sha256Hex(await blobs.get(blob.digest))).toBe(blob.digest);
});
