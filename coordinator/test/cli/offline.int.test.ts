/** The command line as a process, without a cluster: usage, specifications, nobody answering. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { runCli, startCli } from './cli-process.js';

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';

/** Far below the half minute that other calls may take, far above what a crowded machine adds to 3 s. */
const SOON_MS = 20_000;

const RUN = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: small }
spec: { dataset: small, student: { model: { architecture: mlp } } }
`;

test.each([
  [['nope'], "unknown command 'nope'"],
  [['submit'], "missing required argument 'file'"],
  [['list', '--nope'], "unknown option '--nope'"],
  [['list', '-o', 'xml'], 'Allowed choices are table, json, yaml'],
  [['submit', '-', '--wait', '--watch'], 'cannot be used with'],
  [['submit', '-', '--set', 'a'], '--set a: has no "="'],
  [['submit', 'no-such-file.yaml'], 'no-such-file.yaml cannot be used'],
  [['up', '--teachers', '-1'], 'whole number'],
  [['up', '--plugin', 'no-such-file.ts'], 'no-such-file.ts cannot be used'],
  [['serve', '--listen', '0.0.0.0:7700'], '--insecure'],
  [['serve', '--listen', 'nowhere'], 'want HOST:PORT'],
  [['datasets', 'push', 'x'], 'give a source'],
])('%j is wrong usage: 2', async (args, words) => {
  const { code, stdout, stderr } = await runCli(NOBODY, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

test('help and version are no errors', async () => {
  expect(await runCli(NOBODY, '--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d/),
  });
  const help = await runCli(NOBODY, 'submit', '--help');
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('coordinator submit digits.yaml --watch');
});

test('a specification is checked without a cluster', async () => {
  const valid = await startCli(NOBODY, ['validate', '-', '-o', 'json'], RUN).result;
  expect(valid.code).toBe(0);
  expect(JSON.parse(valid.stdout).spec.training).toMatchObject({ batchSize: 128, epochs: 10 });

  const wrong = RUN.replace('dataset: small', 'dataset: small, epochs: 3, labels: { count: 0 }');
  const { code, stderr } = await startCli(NOBODY, ['validate', '-'], wrong).result;
  expect(code).toBe(2);
  expect(stderr).toContain('spec.epochs: is not a known key here');
  expect(stderr).toContain('spec.labels');
});

test('nobody answering is 4, soon, with the address', async () => {
  const startedMs = Date.now();
  const { code, stderr } = await runCli(NOBODY, 'list');
  expect(code).toBe(4);
  expect(stderr).toContain(`no coordinator answers at ${NOBODY}`);
  expect(Date.now() - startedMs).toBeLessThan(SOON_MS);
});

test('somebody who accepts and says nothing is 4 too', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port');
  const startedMs = Date.now();
  try {
    const { code, stderr } = await runCli(`127.0.0.1:${address.port}`, 'list');
    expect(code).toBe(4);
    expect(stderr).toContain(`127.0.0.1:${address.port}`);
    expect(Date.now() - startedMs).toBeLessThan(SOON_MS);
  } finally {
    server.close();
  }
});
