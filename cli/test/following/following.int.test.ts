/** `watch`, `wait` and `version` as processes, against a real cluster whose run trains for longer than the test. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli, startCli } from '../commands/cli-process.js';
import { hasTerminals, onTerminal } from '../commands/on-terminal.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const RUN = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: long }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [16] } }
  training: { batchSize: 32, epochs: 100000, learningRate: 0.01 }
`;

let cluster: LocalCluster;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
  cluster = await startCluster({
    teacherWorkers: 0,
  });
  await writeFile(join(folder, 'small.npz'), smallSetBytes());
  await runCli(cluster.address, 'datasets', 'push', 'small', join(folder, 'small.npz'));
  const submitted = await startCli(cluster.address, ['submit', '-'], RUN).result;
  expect(submitted.code, submitted.stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

const wait = (...args: string[]) => runCli(cluster.address, 'wait', ...args);

test('wait ends when the state comes, and when it has been passed', async () => {
  const { code, stdout } = await wait('long', '--for', 'TRAINING', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ runId: 'long', state: 'TRAINING' });
  expect(await wait('long', '--for', 'QUEUED')).toMatchObject({
    code: 0,
    stdout: 'long is TRAINING\n',
  });
});

test('wait exits with code 124 after --timeout, and tells the state', async () => {
  const { code, stdout, stderr } = await wait('long', '--timeout', '1');
  expect({ code, stdout }).toEqual({ code: 124, stdout: '' });
  expect(stderr).toBe('error: long is not SUCCEEDED after 1 s: it is TRAINING\n');
});

test.runIf(hasTerminals)('watch on a terminal is a live view in colours', async () => {
  // A curve has at least two points.
  const seen = { until: '  from ' };
  const { code, output } = await onTerminal(cluster.address, ['watch', 'long'], seen);
  expect(code).toBe(130);
  expect(output).toContain('\u001b[36mTRAINING\u001b[39m');
  expect(output).toMatch(/[█▏▎▍▌▋▊▉·]{8,}.* {2}\d+ % {2}step [\d,]+ of [\d,]+/);
  expect(output).toContain('bottleneck  \u001b[1mstudent');
  expect(output).toContain('The run goes on. See it with: coordinator watch long');
  const plain = await onTerminal(cluster.address, ['watch', 'long'], {
    ...seen,
    env: { NO_COLOR: '1' },
  });
  expect(plain.output).toContain('long  TRAINING');
  expect(plain.output.split('\u001b[').filter((part) => /^[\d;]*m/.test(part))).toEqual([]);
});

test('watch in a pipe prints lines without escapes', async () => {
  const watching = startCli(cluster.address, ['watch', 'long']);
  await vi.waitFor(() => expect(watching.stderr()).toMatch(/long TRAINING \| step/), 240_000);
  watching.process.kill('SIGINT');
  const { code, stdout, stderr } = await watching.result;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).not.toContain('\u001b');
});

test('wait exits with code 1 as soon as the run can no longer reach the state', async () => {
  const waiting = startCli(cluster.address, ['wait', 'long']);
  const others = startCli(cluster.address, ['wait', 'long', '--for', 'ENDED']);
  await runCli(cluster.address, 'cancel', 'long');
  const { code, stderr } = await waiting.result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: long is CANCELL(ING|ED).* can no longer become SUCCEEDED/);
  expect(await others.result).toMatchObject({ code: 0, stdout: 'long is CANCELLED\n' });
  const late = await wait('long');
  expect(late.code).toBe(1);
  expect(late.stderr).toContain('the next attempt begins with: coordinator retry long');
});

test('wait exits with code 3 for an unknown run, and with 2 for wrong usage', async () => {
  expect((await wait('none')).code).toBe(3);
  expect(await wait('long', '--for', 'LATER')).toMatchObject({ code: 2 });
  expect((await wait('long', '--timeout', '0')).stderr).toContain('a number above 0');
});

test('wait exits with code 130 on Ctrl-C', async () => {
  await runCli(cluster.address, 'retry', 'long');
  // `wait` prints nothing. This proxy sees its connection: by then it listens for signals.
  const [host, port] = cluster.address.split(':');
  const between = createServer((near) => {
    const far = connect(Number(port), host);
    near.pipe(far).pipe(near);
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
  });
  await once(between.listen(0, '127.0.0.1'), 'listening');
  const connected = once(between, 'connection');
  const address = `127.0.0.1:${(between.address() as AddressInfo).port}`;
  const waiting = startCli(address, ['wait', 'long']);
  await connected;
  waiting.process.kill('SIGINT');
  expect((await waiting.result).code).toBe(130);
  between.close();
});

test('version prints both versions, and exits with code 0 without a coordinator', async () => {
  const both = await runCli(cluster.address, 'version', '-o', 'json');
  const document = JSON.parse(both.stdout);
  expect(document.coordinator).toEqual({
    address: cluster.address,
    version: document.client.version,
    error: null,
  });
  const alone = await runCli('127.0.0.1:1', 'version');
  expect(alone).toMatchObject({ code: 0, stderr: '' });
  expect(alone.stdout).toMatch(/^client {7}\d.*\ncoordinator {2}- no coordinator answers at/);
});
