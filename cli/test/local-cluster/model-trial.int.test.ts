/** `ModelTrial` with a model that ends the program that tries it. */
import { afterEach, expect, test, vi } from 'vitest';
import { ModelTrial } from '../../src/local-cluster/index.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ["process.kill(process.pid,'SIGKILL')", 'SIGKILL, as the kernel sends it when memory runs out'],
  ["process.kill(process.pid,'SIGSEGV')", 'SIGSEGV'],
  ['process.exit(7)', 'exit code 7'],
])('ModelTrial says how a program ended that runs %s', async (first, how) => {
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${first}`);
  const start = { modelFile: 'model.zip', sampleCount: 1, seed: 0, computeThreads: 1 };
  await expect(ModelTrial.open(start, new AbortController().signal)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `the program that tries models ended without an answer (${how})`,
  });
});
