/** The real coordinator, at whose dashboard's address another program listens. */
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@lyceum/platform';
import { findNatsServer, startNatsServer } from '@lyceum/platform/nats';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../platform/test/support.js';
import { startCli } from '../commands/cli-process.js';

it('a coordinator whose dashboard cannot listen ends, and says which address is taken', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-taken-address-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  const log = createLogger({ name: 'test', level: 'silent' });
  const port = await freePort();
  const nats = await startNatsServer({ binary, storeDir: path.join(folder, 'nats'), port, log });
  onTestFinished(() => nats.stop());
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;

  const flags = ['--listen', '127.0.0.1:0', '--state-dir', path.join(folder, 'coordinator')];
  const places = ['--nats', `nats://127.0.0.1:${port}`, '--dashboard', taken];
  const coordinator = startCli('127.0.0.1:1', ['serve', ...flags, ...places]);
  onTestFinished(() => void coordinator.process.kill('SIGKILL'));
  const { code, stdout, stderr } = await coordinator.result;
  expect(code).toBe(6);
  expect(stdout).toBe('');
  expect(stderr).toContain(`error: cannot listen on ${taken}`);
}, 120_000);
