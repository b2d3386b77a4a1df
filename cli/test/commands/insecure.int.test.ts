// LYCEUM_INSECURE with the real programs, which check it before anything else.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CLI_FILE } from './cli-process.js';

const STUDENT_FILE = fileURLToPath(
  new URL('../../../student-worker/dist/main.js', import.meta.url),
);
const OPEN = '0.0.0.0:0';
const PROGRAMS = [
  ['coordinator', [CLI_FILE, 'serve', '--listen', OPEN]],
  ['student-worker', [STUDENT_FILE, '--http', OPEN]],
] as const;

/** @returns all output of the program, once it has ended. */
async function ended(args: readonly string[], insecure: string): Promise<string> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, LYCEUM_INSECURE: insecure, LYCEUM_NATS_URL: 'nats://127.0.0.1:1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).not.toBe(0);
  return output;
}

it('coordinator refuses a dashboard that other machines can reach', async () => {
  const args = [CLI_FILE, 'serve', '--listen', '127.0.0.1:0', '--dashboard', OPEN];
  expect(await ended(args, 'no')).toContain(`${OPEN} can be reached from other machines`);
});

it.each(PROGRAMS)('%s obeys a no in LYCEUM_INSECURE, and refuses other words', async (_, args) => {
  for (const no of ['false', '0', 'no', '']) {
    expect(await ended(args, no), no).toContain(`${OPEN} can be reached from other machines`);
  }
  expect(await ended(args, 'maybe')).toContain('want true or false');
});
