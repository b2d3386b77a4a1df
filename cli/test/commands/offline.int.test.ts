/** The command line as a process, without a cluster: wrong usage, specifications, no coordinator. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { SmallDisk } from '../local-cluster/full-disk.js';
import { CLI_FILE, runCli, startCli } from './cli-process.js';

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

const STATE = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
afterAll(() => rm(STATE, { recursive: true }));

test.each([
  [['nope'], "unknown command 'nope'"],
  [['help', 'nope'], "unknown command 'nope'"],
  [['help', 'models', 'nope'], "unknown command 'nope'\n(see coordinator models --help)"],
  [['history', 'x', '--from', '10', '--to', '10'], '--to 10 is not after --from 10'],
  [['up', '--state-dir', ''], 'want the path of a folder, such as . for this one'],
  [['submit'], "missing required argument 'file'"],
  [['list', '--nope'], "unknown option '--nope'"],
  [['list', '--coordinator', 'http://127.0.0.1:7700'], 'want HOST:PORT, such as 127.0.0.1:7700'],
  [['list', '-o', 'xml'], 'Allowed choices are table, json, yaml'],
  [['submit', '-', '--wait', '--watch'], 'cannot be used with'],
  [['submit', '-', '--set', 'a'], '--set a: has no "="'],
  [['submit', 'no-such-file.yaml'], 'no-such-file.yaml cannot be used'],
  [['up', '--teachers', '-1'], 'whole number'],
  [['dashboard', '--port', '65536'], 'whole number from 0 to 65535'],
  ...[
    'gc --grace',
    'history x --points',
    'logs x --tail',
    'answers verify --spans',
    'targets export x --epoch',
  ].map((line): [string[], string] => [[...line.split(' '), '4294967296'], 'whole number from']),
  [['up', '--plugin', 'no-such-file.ts', '--state-dir', STATE], 'no-such-file.ts cannot be used'],
  [['serve', '--listen', '0.0.0.0:7700'], '--insecure'],
  [['serve', '--listen', 'nowhere'], 'want HOST:PORT'],
  [['datasets', 'push', 'x'], 'give a source'],
  [['models', 'push', 'My_Model', 'no-such-file.onnx'], '"My_Model" is no name'],
])('%j is wrong usage: exit code 2', async (args, words) => {
  const { code, stdout, stderr } = await runCli(NOBODY, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

/** A file where a folder is wanted. */
const FILE = fileURLToPath(import.meta.url);
/** A folder where a file is wanted. */
const FOLDER = dirname(FILE);

test.each([
  [
    ['up', '--state-dir', FILE],
    `cannot use the state folder ${FILE}: something else of that name is there`,
  ],
  [
    ['up', '--state-dir', `${FILE}/state`],
    `cannot use the state folder ${FILE}/state: a part of this path is a file, where a folder is wanted`,
  ],
  [
    ['serve', '--state-dir', FILE],
    `cannot use the state folder ${FILE}: something else of that name is there`,
  ],
  [
    ['certificates', 'x', '--dir', FILE],
    'a part of this path is a file, where a folder is wanted; name a folder (ENOTDIR)',
  ],
  [['submit', FOLDER], 'cannot be read: it is a folder; name a file (EISDIR)'],
  [['submit', 'x', '--sweep', FOLDER], 'cannot be read: it is a folder; name a file (EISDIR)'],
  [['imitation', 'collect', 'no.yaml'], 'no.yaml cannot be read: it does not exist (ENOENT)'],
])('%j names the wrong path without a stack: exit code 2', async (args, words) => {
  const { code, stdout, stderr } = await runCli(NOBODY, ...args);
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.runIf(SmallDisk.available)('up names a state folder that cannot be written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]);
  try {
    for (const stateDir of [folder, join(folder, 'not', 'there')]) {
      const { code, stderr } = await runCli(NOBODY, 'up', '--state-dir', stateDir);
      expect(stderr).toBe(
        `error: cannot use the state folder ${stateDir}: it is on a read-only file system; name a place that can be written (EROFS)\n`,
      );
      expect(code).toBe(2);
    }
  } finally {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  }
});

test.each([['validate', '-'], ['--help'], ['completion', 'bash']])(
  '%s reports that standard output cannot be written',
  async (...args) => {
    const command = `exec "$0" "$@" > /dev/full`;
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', command, process.execPath, CLI_FILE, ...args],
      {
        input: RUN,
        encoding: 'utf8',
      },
    );
    expect(stderr).toMatch(/^error: cannot write standard output: no space left on device/);
    expect(status).toBe(1);
  },
);

test.each([['up'], ['predict', 'x'], ['certificates', 'x']])(
  '%s reports that the current folder was deleted',
  async (...args) => {
    const gone = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
    const command = `cd "${gone}" && rmdir "${gone}" && exec "$0" "$@"`;
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', command, process.execPath, CLI_FILE, ...args],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('error: the current folder has been deleted; change to another folder\n');
    expect(status).toBe(2);
  },
);

test('validate refuses several documents in one file', async () => {
  const { code, stderr } = await startCli(NOBODY, ['validate', '-'], `${RUN}---${RUN}`).result;
  expect(code).toBe(2);
  expect(stderr).toContain(
    'standard input cannot be used:\n  - holds 2 documents, divided by lines of ---; want one',
  );
});

test('validate refuses a student that no worker can train', async () => {
  const huge = RUN.replace('mlp }', 'mlp, hiddenUnits: [1000000000] }');
  const { code, stderr } = await startCli(NOBODY, ['validate', '-'], huge).result;
  expect(code).toBe(2);
  expect(stderr).toContain(
    'spec.student.model.hiddenUnits: makes a student of at least 2,000,000,000',
  );
});

test('--help and --version exit with code 0', async () => {
  expect(await runCli(NOBODY, '--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d/),
  });
  const help = await runCli(NOBODY, 'submit', '--help');
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('coordinator submit digits.yaml --watch');
});

test('validate checks a specification without a cluster', async () => {
  const valid = await startCli(NOBODY, ['validate', '-', '-o', 'json'], RUN).result;
  expect(valid.code).toBe(0);
  expect(JSON.parse(valid.stdout).spec.training).toMatchObject({ batchSize: 128, epochs: 10 });

  const wrong = RUN.replace('dataset: small', 'dataset: small, epochs: 3, labels: { count: 0 }');
  const { code, stderr } = await startCli(NOBODY, ['validate', '-'], wrong).result;
  expect(code).toBe(2);
  expect(stderr).toContain('spec.epochs: is not a known key here');
  expect(stderr).toContain('spec.labels');
});

test('list exits with code 4 soon when no coordinator answers, and names the address', async () => {
  const startedMs = Date.now();
  const { code, stderr } = await runCli(NOBODY, 'list');
  expect(code).toBe(4);
  expect(stderr).toContain(`no coordinator answers at ${NOBODY}`);
  expect(Date.now() - startedMs).toBeLessThan(SOON_MS);
});

test('list reports a host whose name cannot be looked up', async () => {
  const { code, stderr } = await runCli('nowhere.invalid:7700', 'list');
  expect(stderr).toBe(
    "error: no coordinator answers at nowhere.invalid:7700 (its host's name cannot be looked up)\n",
  );
  expect(code).toBe(4);
});

test('list reports another program at the address', async () => {
  const server = createHttpServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await runCli(`127.0.0.1:${port}`, 'list');
    expect(stderr).toBe(
      `error: no coordinator answers at 127.0.0.1:${port} (it speaks no gRPC, or wants TLS; see --tls-dir)\n`,
    );
    expect(code).toBe(4);
  } finally {
    server.close();
  }
});

test('list exits with code 4 when the address accepts a connection and never answers', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port');
  try {
    const { code, stderr } = await runCli(`127.0.0.1:${address.port}`, 'list');
    expect(code).toBe(4);
    expect(stderr).toContain(`at 127.0.0.1:${address.port} (the connection is accepted`);
  } finally {
    server.close();
  }
});
