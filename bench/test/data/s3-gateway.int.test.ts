/** The real versitygw, killed by somebody else; without it there is nothing to look at. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { S3Gateway } from '../../src/data/s3-gateway.js';
import { NotHereError } from '../../src/measuring/index.js';

/** Building it, where the cache has none. */
vi.setConfig({ testTimeout: 900_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-gateway-'));
});
afterEach(async () => rm(folder, { recursive: true }));

/** This process' own children of that name. */
function gatewayPids(): number[] {
  const own = ['-P', `${process.pid}`, 'versitygw'];
  return execFileSync('pgrep', own, { encoding: 'utf8' }).trim().split('\n').map(Number);
}

test('stops at once where its server has been killed', async (context) => {
  const { signal } = new AbortController();
  let gateway: S3Gateway;
  try {
    gateway = await S3Gateway.start(folder, signal);
  } catch (err) {
    if (err instanceof NotHereError) return context.skip(err.message);
    throw err;
  }
  const [pid] = gatewayPids() as [number];
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 60_000);
  await gateway.stop();
});
