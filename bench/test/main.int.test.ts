/** The command itself, with arguments that it refuses before it measures anything. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

test.each([
  [['remote-teachers', '--short', '--record'], '--record needs a whole result'],
  [['data', '--short'], '--require-gpu and --short are only for remote-teachers'],
  [['answers', '--large'], '--large is only for bucket-kills and data'],
  [['nothing'], 'want one of the benches below, got nothing'],
])('bench %j prints the usage and exits with 2', async (args, problem) => {
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    // Ends a bench that has started.
    execFile(process.execPath, [MAIN, ...args], { timeout: 60_000 }, (err, _, text) =>
      resolve({ code: err?.code, stderr: text }),
    );
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
});
