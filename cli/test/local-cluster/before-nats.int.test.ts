// The real programs, started before NATS or with a wrong setting for it. Probes are asked as a kubelet does.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@lyceum/platform';
import { findNatsServer, startNatsServer } from '@lyceum/platform/nats';
import type { NatsRole } from '@lyceum/proto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../../../platform/test/support.js';
import { programFile } from '../../src/local-cluster/index.js';

const ROLES = ['coordinator', 'teacher-worker', 'student-worker'] as const;
const PASSWORDS = { coordinator: 'a', 'teacher-worker': 'b', 'student-worker': 'c' } as const;
/** Engines take long to load on a busy machine. */
const PATIENT = { timeout: 120_000, interval: 100 };

let folder: string;
let natsPort: number;
let coordinatorPort: number;
let programs: Program[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-before-nats-'));
  natsPort = await freePort();
  coordinatorPort = await freePort();
  programs = [];
});

afterEach(async () => {
  for (const program of programs) await program.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

class Program {
  readonly http: string;
  /** At `close`, not `exit`: by then all output has come. */
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #child: ChildProcess;

  constructor(role: NatsRole, http: string, flags: readonly string[], env: NodeJS.ProcessEnv) {
    this.http = http;
    const args = [programFile(role), ...(role === 'coordinator' ? ['serve'] : [])];
    this.#child = spawn(
      process.execPath,
      [...args, '--http', http, '--state-dir', path.join(folder, role), ...flags],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.exited = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
    this.#child.stderr?.on('data', (text) => {
      this.stderr += text;
    });
  }

  async probe(name: 'livez' | 'readyz' | 'metrics'): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://${this.http}/${name}`);
    return { status: response.status, text: await response.text() };
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }
}

async function start(
  role: NatsRole,
  { nats = `nats://127.0.0.1:${natsPort}`, password = PASSWORDS[role] as string } = {},
): Promise<Program> {
  const file = path.join(folder, `${role}.json`);
  await writeFile(file, JSON.stringify({ user: role, password }));
  const coordinator = `127.0.0.1:${coordinatorPort}`;
  const flags = role === 'coordinator' ? ['--listen', coordinator] : ['--coordinator', coordinator];
  const http = `127.0.0.1:${await freePort()}`;
  const program = new Program(role, http, ['--nats', nats, ...flags], {
    LYCEUM_NATS_CREDENTIALS: file,
  });
  programs.push(program);
  return program;
}

function startNats() {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  const log = createLogger({ name: 'test', level: 'silent' });
  const storeDir = path.join(folder, 'nats');
  return startNatsServer({ binary, storeDir, port: natsPort, log, passwords: PASSWORDS });
}

test('coordinator and workers wait for NATS, say so in readyz, and go on once it is there; a metric says when it is away', async () => {
  const startedMs = performance.now();
  const all = await Promise.all(ROLES.map((role) => start(role)));
  for (const program of all) {
    await vi.waitFor(async () => {
      const { status, text } = await program.probe('readyz');
      expect(status).toBe(503);
      expect(text).toContain(`waiting for NATS: no NATS at nats://127.0.0.1:${natsPort}`);
    }, PATIENT);
    expect(await program.probe('livez')).toEqual({ status: 200, text: 'ok\n' });
  }
  const nats = await startNats();
  try {
    for (const program of all) {
      await vi.waitFor(async () => {
        expect(await program.probe('readyz')).toEqual({ status: 200, text: 'ok\n' });
      }, PATIENT);
      // Logged once, and again after a minute, however often NATS was tried.
      const minutes = Math.floor((performance.now() - startedMs) / 60_000);
      const toldCount = program.stderr.split('"msg":"waiting for NATS"').length - 1;
      expect(toldCount).toBeGreaterThanOrEqual(1);
      expect(toldCount).toBeLessThanOrEqual(1 + minutes);
    }
    const coordinator = all[ROLES.indexOf('coordinator')] as Program;
    expect((await coordinator.probe('metrics')).text).toContain('lyceum_nats_connected 1\n');
    await nats.stop();
    await vi.waitFor(async () => {
      expect((await coordinator.probe('metrics')).text).toContain('lyceum_nats_connected 0\n');
    }, PATIENT);
  } finally {
    await Promise.all(all.map((program) => program.end('SIGTERM')));
    await nats.stop();
  }
}, 400_000);

test.each(ROLES)(
  'a %s that waits for NATS ends on SIGTERM',
  async (role) => {
    const program = await start(role);
    await vi.waitFor(async () => {
      expect((await program.probe('readyz')).text).toContain('waiting for NATS');
    }, PATIENT);
    expect(await program.end('SIGTERM')).toBe(0);
  },
  200_000,
);

test.each(ROLES)(
  'a %s with a wrong password ends, and says that NATS refuses it',
  async (role) => {
    const nats = await startNats();
    try {
      const program = await start(role, { password: 'wrong-password' });
      expect(await program.exited).toBe(5);
      expect(program.stderr).toContain(`it refuses user ${role}: see --nats-credentials`);
      expect(program.stderr).not.toContain('wrong-password');
    } finally {
      await nats.stop();
    }
  },
  200_000,
);

test.each(ROLES)(
  'a %s with a malformed address of NATS ends, and says what is wanted',
  async (role) => {
    const program = await start(role, { nats: 'nats//127.0.0.1' });
    expect(await program.exited).toBe(2);
    expect(program.stderr).toContain('is no address of NATS; want nats://HOST:PORT');
  },
  200_000,
);
