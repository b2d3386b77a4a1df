/** `init` as a process: with flags alone, with a cluster, and with questions on a real pseudo-terminal. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpz } from '@lyceum/learning/files';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { hasTerminals, onTerminal } from '../commands/on-terminal.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const NOBODY = '127.0.0.1:1';

let folder = '';
let cluster: LocalCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-init-'));
  cluster = await startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
  });
  await writeFile(join(folder, 'small.npz'), smallSetBytes());
  const pushed = await runCli(
    cluster.address,
    ...['datasets', 'push', 'small', join(folder, 'small.npz')],
  );
  expect(pushed.code, pushed.stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

const init = (address: string, ...args: string[]) => runCli(address, 'init', ...args);

test('init without a cluster writes a valid run, and overwrites a file only with --force', async () => {
  const file = join(folder, 'offline.yaml');
  const args = ['--dataset', 'digits', '--teacher', 'run:wide', '--teacher', 'lenet', '-f', file];
  const { code, stdout, stderr } = await init(NOBODY, ...args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('names are not looked up');
  const valid = await runCli(NOBODY, 'validate', file);
  expect(valid.stdout).toContain('is a valid Distillation, digits-student,');

  const written = await readFile(file, 'utf8');
  const again = await init(NOBODY, '--dataset', 'other', '-f', file);
  expect(again).toMatchObject({ code: 6, stdout: '' });
  expect(again.stderr).toContain('exists already; --force overwrites it');
  expect(await readFile(file, 'utf8')).toBe(written);
  expect((await init(NOBODY, '--dataset', 'other', '-f', file, '--force')).code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('dataset: other');
});

test('init without a data set, or with a malformed name, is wrong usage: exit code 2', async () => {
  expect(await init(NOBODY)).toMatchObject({ code: 2, stdout: '' });
  const name = await init(NOBODY, '--dataset', 'No Such', '-f', '-');
  expect(name.code).toBe(2);
  expect(name.stderr).toContain('spec.dataset');
});

test('init with a cluster looks names up, and describes the data set', async () => {
  expect((await init(cluster.address)).stderr).toContain('the cluster has small');
  const wrong = await init(cluster.address, '--dataset', 'smal');
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toContain('the cluster has no data set smal; there is small');
  const { code, stdout } = await init(cluster.address, '--dataset', 'small', '-f', '-');
  expect(code).toBe(0);
  expect(stdout).toMatch(/# of the set: \[6\], 2 classes; train 168/);
  expect(stdout).toContain('kind: Training');
});

test('init for a set of several modalities gives the student one, and the run is accepted', async () => {
  const rows = (width: number) => ({
    dtype: 'float32' as const,
    shape: [20, width],
    data: Float32Array.from({ length: 20 * width }, (_, at) => Math.sin(at)),
  });
  const labels = {
    dtype: 'int32' as const,
    shape: [20],
    data: new Int32Array(20).map((_, n) => n % 2),
  };
  const arrays = [
    ['inputs.sound', rows(3)],
    ['inputs.touch', rows(2)],
    ['labels', labels],
  ] as const;
  await writeFile(join(folder, 'senses.npz'), writeNpz(arrays));
  const source = join(folder, 'senses.npz');
  expect((await runCli(cluster.address, 'datasets', 'push', 'senses', source)).code).toBe(0);
  const file = join(folder, 'senses.yaml');
  expect((await init(cluster.address, '--dataset', 'senses', '-f', file)).code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain(
    'modality: sound   # what the student sees; or touch',
  );
  const accepted = await runCli(cluster.address, 'submit', file, '--dry-run');
  expect(accepted.code, accepted.stderr).toBe(0);

  const args = ['--dataset', 'senses', '-f', '-', '--modality'];
  expect((await init(cluster.address, ...args, 'touch')).stdout).toContain('modality: touch');
  const wrong = await init(cluster.address, ...args, 'taste');
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toContain('the data set has no modality taste; there is sound, touch');
  // Other tests list the data sets of the cluster.
  expect((await runCli(cluster.address, 'datasets', 'delete', 'senses')).code).toBe(0);
});

test.runIf(hasTerminals)('init on a terminal asks for what is not given', async () => {
  const file = join(folder, 'asked.yaml');
  const { output, code } = await onTerminal(cluster.address, ['init', '-f', file], {
    answers: ['7', 'small, small', '1', ''],
  });
  expect(output).toContain('small  [6], 2 classes');
  expect(output).toContain('7 is not a choice; want a number up to 1, or a name');
  expect(output).toContain('want one');
  expect(output).toContain('Architecture of the student [mlp]: ');
  expect(code, output).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('dataset: small');
  expect((await runCli(NOBODY, 'validate', file)).code).toBe(0);
});

test.runIf(hasTerminals)('init on a terminal asks for nothing if the set is given', async () => {
  const args = ['init', '--dataset', 'small', '-f', join(folder, 'not-asked.yaml')];
  const { output, code } = await onTerminal(cluster.address, args, { until: 'Architecture' });
  expect(code, output).toBe(0);
  expect(output).not.toContain('Architecture of the student');
});

test.runIf(hasTerminals).each([
  ['Ctrl-C', { until: 'Data set: ' }],
  ['Ctrl-D', { answers: ['\u0004'] }],
])('%s at a question ends init without an error message', async (_, keys) => {
  const { output, code } = await onTerminal(NOBODY, ['init'], keys);
  expect(code, output).toBe(130);
  expect(output).not.toContain('error');
  // The shell's prompt begins a line of its own.
  expect(output.endsWith('\r\n\r\n'), output).toBe(true);
});
