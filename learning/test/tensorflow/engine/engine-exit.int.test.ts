/** Real processes in which only a thread uses the engine. They must exit normally, however the thread ends. */
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const ENGINE = new URL('../../../dist/tensorflow/index.js', import.meta.url);

/** The exit code or the signal of a process whose thread has opened the engine. */
function endOf(owner: string): Promise<number | string | null> {
  const thread = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(ENGINE.href)})
      .then(({ openEngine }) => openEngine())
      .then(() => parentPort.postMessage('open'));
    setInterval(() => {}, 1000);`;
  const program = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(thread)}, { eval: true });
    worker.once('message', async () => { ${owner} });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
}

it.each([
  ['the process exits', 'process.exit(6);'],
  ['the thread is ended first', 'await worker.terminate(); process.exit(6);'],
])('a process with the engine in a thread exits with its exit code when %s', async (_, owner) => {
  expect(await endOf(owner)).toBe(6);
});
