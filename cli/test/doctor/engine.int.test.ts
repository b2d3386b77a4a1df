/** `gatherEngine` when the engine's process ends before the engine is open. */
import { expect, test } from 'vitest';
import { gatherEngine } from '../../src/doctor/gather-machine.js';

test.each([
  ["process.kill(process.pid,'SIGILL')", 'SIGILL ends the process, as on a processor without AVX'],
  ["process.kill(process.pid,'SIGSEGV')", 'SIGSEGV ends the process'],
  ['process.exit(7)', 'exit code 7'],
  ["throw(new(TypeError)('no'))", 'TypeError: no'],
])('gatherEngine says why an engine whose process runs %s is broken', async (first, why) => {
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${first}` };
  expect(await gatherEngine(env)).toEqual({ kind: 'broken', why });
});
