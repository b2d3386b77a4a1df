/** Real processes that end in each of the possible ways. */
import { expect, test } from 'vitest';
import { type ChildOptions, runChild } from '../../src/gpu-check/child.js';

const run = (program: string, options: Partial<ChildOptions> = {}) =>
  runChild(['-e', program], { signal: new AbortController().signal, limitMs: 60_000, ...options });

test('runChild reports a killed process with its signal, its stderr and its complete output lines', async () => {
  const end = await run(`
    process.stderr.write('loading\\nlibcudnn.so.9 is not there\\n');
    process.stdout.write('{"engine":1}\\n{"teach', () => process.kill(process.pid, 'SIGSEGV'));
    setInterval(() => {}, 1000);
  `);
  expect(end.problem).toBe('was killed by SIGSEGV: loading: libcudnn.so.9 is not there');
  expect(end.lines).toEqual(['{"engine":1}']);
});

test('runChild reports an exit code other than 0, and passes on the environment', async () => {
  expect((await run('process.exit(7)')).problem).toBe('ended with 7');
  expect((await run('console.log(process.env.A)', { env: { A: 'b' } })).lines).toEqual(['b']);
});

test('runChild ends a process at its time limit', async () => {
  const end = await run('setInterval(() => {}, 1000)', { limitMs: 1000 });
  expect(end.problem).toBe('took longer than 1 s');
});

test('runChild rejects when it is interrupted', async () => {
  const interrupted = AbortSignal.timeout(300);
  await expect(run('setInterval(() => {}, 1000)', { signal: interrupted })).rejects.toThrow();
});
