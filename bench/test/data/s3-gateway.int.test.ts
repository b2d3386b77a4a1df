/** The real versitygw, killed from outside. Skipped where it cannot be built. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { S3Gateway } from '../../src/data/s3-gateway.js';
import { NotHereError } from '../../src/measuring/index.js';

/** Time to build versitygw where the cache has none. */
vi.setConfig({ testTimeout: 900_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-gateway-'));
});
afterEach(async () => rm(folder, { recursive: true }));

/** Child processes of this process with that name. */
function gatewayPids(): number[] {
  const own = ['-P', `${process.pid}`, 'versitygw'];
  return execFileSync('pgrep', own, { encoding: 'utf8' }).trim().split('\n').map(Number);
}

test('S3Gateway.stop returns when its server has been killed', async (context) => {
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
