/** The demo's options, by the program itself; k8s/test.sh and gpu-check run the whole of it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const DEMO = fileURLToPath(new URL('../dist/demo.js', import.meta.url));

test.each([
  [['--nope'], "Unknown option '--nope'"],
  [
    ['--coordinator', '127.0.0.1:1', '--require-gpu'],
    '--require-gpu cannot be used with --coordinator',
  ],
])('the demo with %j is wrong usage: exit code 2', (args, words) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO, ...args], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr).toContain('usage: npm run demo');
});
