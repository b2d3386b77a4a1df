/** A real nats-server that is started and stopped, or cannot be started. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { findNatsServer, startNatsServer } from '../../src/nats/index.js';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('NatsServer.stop leaves no timer behind', async () => {
  const storeDir = await mkdtemp(join(tmpdir(), 'lyceum-nats-'));
  const binary = findNatsServer(process.env) ?? 'nats-server';
  const server = await startNatsServer({
    binary,
    storeDir,
    port: 0,
    log: pino({ level: 'silent' }),
  });
  const before = timers();
  await server.stop();
  expect(timers()).toBeLessThanOrEqual(before);
  await rm(storeDir, { recursive: true });
});

test('startNatsServer removes the ports file that a killed server left', async () => {
  const storeDir = await mkdtemp(join(tmpdir(), 'lyceum-nats-'));
  const binary = findNatsServer(process.env) ?? 'nats-server';
  const stale = JSON.stringify({ nats: ['nats://127.0.0.1:1'] });
  await writeFile(join(storeDir, 'nats-server_7.ports'), stale);
  const log = pino({ level: 'silent' });
  const server = await startNatsServer({ binary, storeDir, port: 0, log });
  expect((await readdir(storeDir)).filter((name) => name.endsWith('.ports'))).toEqual([]);
  await server.stop();
  await rm(storeDir, { recursive: true });
});

test('startNatsServer says why the program cannot be started', async () => {
  const storeDir = await mkdtemp(join(tmpdir(), 'lyceum-nats-'));
  const binary = join(storeDir, 'no', 'nats-server');
  const log = pino({ level: 'silent' });
  await expect(startNatsServer({ binary, storeDir, port: 0, log })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: `${binary} did not start: there is no folder ${join(storeDir, 'no')} (ENOENT)`,
  });
  await rm(storeDir, { recursive: true });
});
