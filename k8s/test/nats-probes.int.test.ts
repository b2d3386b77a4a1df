/**
 * The probes of NATS, asked of a real nats-server with the configuration of the base, whose disk is a tmpfs that is
 * full for a while.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectNats, findNatsServer, type Nats } from '@lyceum/platform/nats';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { SmallDisk } from '../../cli/test/local-cluster/full-disk.js';
import { freePort } from '../../platform/test/free-port.js';
import { built, hasKubectl, only } from './kustomize.js';

const PATIENT = { timeout: 120_000, interval: 50 };
const BASE = fileURLToPath(new URL('../base/', import.meta.url));
const log = pino({ level: 'silent' });

test.runIf(SmallDisk.available && hasKubectl)(
  'after a full disk only the liveness probe fails, until NATS is started anew',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lyceum-nats-probes-'));
    const disk = SmallDisk.mount(join(folder, 'data'), 64);
    const [port, monitor] = [await freePort(), await freePort()];
    const configuration = readFileSync(join(BASE, 'nats.conf'), 'utf8')
      .replace('port: 4222', `listen: "127.0.0.1:${port}"`)
      .replace('http: 8222', `http: "127.0.0.1:${monitor}"`)
      .replace('/data', join(folder, 'data'));
    writeFileSync(join(folder, 'nats.conf'), configuration);
    cpSync(join(BASE, 'accounts.conf'), join(folder, 'accounts.conf'));
    const [container] = only(built('base'), 'StatefulSet', 'nats').spec.template.spec.containers;
    const probe = async (name: 'startup' | 'liveness' | 'readiness') => {
      const { path } = container[`${name}Probe`].httpGet;
      return (await fetch(`http://127.0.0.1:${monitor}${path}`)).status;
    };
    const probes = async () => ({
      startup: await probe('startup'),
      readiness: await probe('readiness'),
      liveness: await probe('liveness'),
    });
    const well = { startup: 200, readiness: 200, liveness: 200 };

    let server: ChildProcess | undefined;
    let nats: Nats | undefined;
    const start = async () => {
      server = spawn(findNatsServer(process.env) ?? '', ['--config', join(folder, 'nats.conf')], {
        stdio: 'ignore',
        env: { ...process.env, MAX_FILE_STORE: '1GB' },
      });
      await vi.waitFor(async () => expect(await probes()).toEqual(well), PATIENT);
    };
    const stop = async () => {
      await nats?.close();
      if (server?.kill('SIGTERM')) await once(server, 'exit');
    };
    const stored = async () => {
      nats = await connectNats({ url: `nats://127.0.0.1:${port}`, name: 'test', log });
      return await nats.keyValue('bucket', { create: true });
    };
    try {
      await start();
      const before = await stored();
      await disk.fill();
      await expect(before.put('key', 'x'.repeat(100_000))).rejects.toThrow();
      const ill = { ...well, liveness: 503 };
      await vi.waitFor(async () => expect(await probes()).toEqual(ill), PATIENT);
      await disk.makeRoom();
      await expect(before.put('key', 'value')).rejects.toThrow();
      expect(await probes()).toEqual(ill);

      await stop();
      await start();
      await (await stored()).put('key', 'value');
      expect(await probes()).toEqual(well);
    } finally {
      await stop();
      disk.unmount();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
