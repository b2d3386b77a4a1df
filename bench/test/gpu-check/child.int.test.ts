/** Real processes that end in each of the ways in which a measurement may. */
import { expect, test } from 'vitest';
import { type ChildOptions, runChild } from '../../src/gpu-check/child.js';

const run = (program: string, options: Partial<ChildOptions> = {}) =>
  runChild(['-e', program], { signal: new AbortController().signal, limitMs: 60_000, ...options });

test('what died is a problem with its signal, its last words and the whole lines of before', async () => {
  const end = await run(`
    process.stderr.write('loading\\nlibcudnn.so.9 is not there\\n');
    process.stdout.write('{"engine":1}\\n{"teach', () => process.kill(process.pid, 'SIGSEGV'));
    setInterval(() => {}, 1000);
  `);
  expect(end.problem).toBe('was killed by SIGSEGV: loading: libcudnn.so.9 is not there');
  expect(end.lines).toEqual(['{"engine":1}']);
});

test('what ends with another code than 0 is a problem', async () => {
  expect((await run('process.exit(7)')).problem).toBe('ended with 7');
  expect((await run('console.log(process.env.A)', { env: { A: 'b' } })).lines).toEqual(['b']);
});

test('what does not end is ended', async () => {
  const end = await run('setInterval(() => {}, 1000)', { limitMs: 1000 });
  expect(end.problem).toBe('took longer than 1 s');
});

test('an interruption is no outcome', async () => {
  const interrupted = AbortSignal.timeout(300);
  await expect(run('setInterval(() => {}, 1000)', { signal: interrupted })).rejects.toThrow();
});
