/**
 * The faulty disk must not hang programs. Here it reads its fault from a pipe, so that a thread waits in a write, with
 * the lock, while another thread starts a program.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildFaultyDisk } from './build-faulty-disk.js';

/** Far more than needed. A hung program is killed after this time. */
const HUNG_MS = 60_000;

/** Arguments: the fault file and a file to write. */
const STARTS_ANOTHER_DURING_A_WRITE = `
  import { execFileSync } from 'node:child_process';
  import { closeSync, constants, openSync, write } from 'node:fs';
  const [pipe, file] = process.argv.slice(-2);
  const written = new Promise((resolve) => write(openSync(file, 'w'), 'all of it', resolve));
  const writer = await untilRead(pipe);
  execFileSync('true');
  closeSync(writer);
  await written;

  // A pipe that nobody reads cannot be opened so: ENXIO.
  async function untilRead(pipe) {
    for (;;) {
      try {
        return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch (err) {
        if (err.code !== 'ENXIO') throw err;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-faulty-disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the faulty disk lets a program start another one while one of its threads is in a write', async () => {
  const [pipe, file] = [join(folder, 'fault'), join(folder, 'written')];
  execFileSync('mkfifo', [pipe]);
  const env = { ...process.env, ...buildFaultyDisk(folder, pipe) };
  const args = ['--input-type=module', '-e', STARTS_ANOTHER_DURING_A_WRITE, pipe, file];
  expect(await endOf(args, env)).toBe('exit code 0');
  expect(await readFile(file, 'utf8')).toBe('all of it');
});

/** How the program ended, in words. */
function endOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  // A new session, so that forked processes are killed too.
  const child = spawn(process.execPath, args, { env, detached: true, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), HUNG_MS);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? `exit code ${code}` : `${signal}: it hung for ${HUNG_MS / 1000} s`);
    });
  });
}
