/**
 * The Python package, installed by pip from the checkout, against a cluster with mutual TLS: a script submits runs and
 * reads their results; four ranks in four processes read targets with samples from `targets serve`, while one of them
 * and the coordinator are killed. Digests of their targets must be those of a single reader. One story, in order.
 *
 * Needs only numpy and grpcio: they are installed, or pip fetches them into the cache. PyTorch is used where the
 * environment of `bench -- pytorch` has it; without it the test says what it leaves out.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createLogger,
  RpcServer,
  readTlsIdentity,
  SERVICES,
  type TargetMaker,
  targetService,
} from '@lyceum/platform';
import { ArtifactKind, LyceumError, TargetBatch, TargetOutline } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pythonWith } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { type CliProcess, runCli, startCli } from '../commands/cli-process.js';
import { smallImagesBytes } from '../local-cluster/small-images.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const execute = promisify(execFile);

const PACKAGE = fileURLToPath(new URL('../../../clients/python', import.meta.url));
const TESTS = join(PACKAGE, 'tests');
const REQUIREMENTS = ['numpy>=1.24,<3', 'grpcio>=1.60', 'setuptools>=68', 'wheel'];
const NOBODY = '127.0.0.1:1';
const WORLD = 4;
const BATCH_SIZE = 64;
/** A rank's slices are more than all buffers on the way hold: the kills cut off what is still to be sent. */
const CLASSES = 64;
const STEPS = 1_500;
const PAUSE_AT = 100;

interface Line {
  readonly step: number;
  readonly rows: number;
  readonly rowCount: number;
  readonly labelledCount: number;
  readonly digests: readonly string[];
}

let folder = '';
let tlsDir = '';
let cluster: LocalCluster;
let client: CoordinatorClient;
let gateway: CliProcess | undefined;
let targetsAddress = '';
let pythonPath = '';
/** Why there is no package to test; undefined: there is one. */
let lack: string | undefined;
const started: ChildProcessWithoutNullStreams[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-python-'));
  await Promise.all([startCluster(), installPackage()]);
  if (lack !== undefined) console.warn(`left out: all tests of the Python package; ${lack}`);
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  gateway?.process.kill('SIGKILL');
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startCluster(): Promise<void> {
  const dir = join(folder, 'certificates');
  const whom = ['everybody', '--program', 'everybody'];
  expect(await runCli(NOBODY, 'certificates', ...whom, '--dir', dir)).toMatchObject({ code: 0 });
  tlsDir = join(dir, 'everybody');
  const workers = { teacherWorkers: 1, studentWorkers: 1, computeThreads: 1 };
  cluster = await LocalCluster.start({ environment: process.env, ...workers, tlsDir });
  client = new CoordinatorClient(cluster.address, readTlsIdentity(tlsDir, Date.now()));
  const classNames = Array.from({ length: CLASSES }, (_, i) => `class ${i}`);
  await client.pushArtifact(
    ArtifactKind.ARTIFACT_KIND_DATASET,
    'images',
    smallImagesBytes(classNames),
  );
}

async function installPackage(): Promise<void> {
  const python = await pythonWith('lyceum', REQUIREMENTS, 'numpy, grpc, setuptools, wheel');
  lack = python.lack;
  if (lack !== undefined) return;
  const site = join(folder, 'site-packages');
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps'];
  const installed = await python.run([...pip, '--no-build-isolation', '--target', site, PACKAGE]);
  expect(installed).toMatchObject({ code: 0 });
  pythonPath = `${site}:${python.packages}`;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: pythonPath };
}

const teacher = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'Training',
  metadata: { name: 'teacher' },
  spec: {
    dataset: 'images',
    student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
    training: { epochs: 2, batchSize: 32 },
  },
};
const student = {
  ...teacher,
  kind: 'Distillation',
  metadata: { name: 'student', labels: { sort: 'small' } },
  spec: {
    ...teacher.spec,
    teachers: [{ name: 't', model: 'run:teacher' }],
    teacherHealth: { accept: ['t'] },
    labels: { count: 100, seed: 1 },
    objective: [{ term: 'kd', weight: 1, temperature: 2 }],
    training: { epochs: 2, batchSize: BATCH_SIZE },
  },
};

test('the Python client submits runs, follows them and reads their results', async (context) => {
  if (lack !== undefined) return context.skip();
  const documents = join(folder, 'documents.json');
  await writeFile(documents, JSON.stringify([teacher, student]));
  const args = [join(TESTS, 'runs.py'), cluster.address, tlsDir, documents];
  const { stdout } = await execute('python3', args, { env: environment() });
  const report = await client.getReport('student');
  expect(JSON.parse(stdout)).toMatchObject({
    teacher: ['SUCCEEDED', ''],
    again: ['student', 'student'],
    lastState: 'SUCCEEDED',
    run: ['Distillation', 'SUCCEEDED', 10, 10, { sort: 'small' }],
    times: true,
    specification: 2,
    list: ['student', 'teacher'],
    failed: [],
    report: JSON.parse(JSON.stringify(report)),
    rows: [
      { run: 'student', model: 'teacher t', accuracy: report.teachers[0]?.accuracy },
      { model: 'ensemble' },
      { model: 'student', accuracy: report.student.accuracy, parameters: report.student.parameters },
    ],
    history: { step: Array.from({ length: 10 }, (_, i) => i + 1), loss: Array(10).fill(expect.any(Number)) },
    pools: { 'pooled/arithmetic/4': 4, 'pooled/median/standardized/2/of/1': 2, 'pooled/arithmetic/0.5/of/0,2': 0.5 },
    lost: [expect.stringContaining('a:1: Socket closed (the server may need TLS'), 'a:1: Socket closed'],
    refusals: [
      { code: 'NOT_FOUND', message: expect.stringContaining('nobody') },
      { code: 'INVALID_ARGUMENT', message: expect.stringContaining('kind') },
      { code: 'INVALID_ARGUMENT', message: expect.stringContaining("pathlib.Path('run.yaml')") },
      { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/states: want one of QUEUED, .*'DONE'/) },
      { code: 'FAILED_PRECONDITION', message: expect.stringContaining('student') },
      { code: 'UNAVAILABLE', message: expect.stringContaining('127.0.0.1:1: ') },
      { code: 'UNAVAILABLE', message: expect.stringContaining(cluster.address) },
      { code: 'INVALID_ARGUMENT', message: expect.stringContaining('ca.crt cannot be read') },
    ],
  }); // biome-ignore format: short
});

interface Reader {
  readonly child: ChildProcessWithoutNullStreams;
  /** Lines of stdout: `paused`, or why the reader was refused. */
  readonly said: string[];
  readonly ended: Promise<number | null>;
}

async function startReader(name: string, targets: object, more: object = {}): Promise<Reader> {
  const defaults = { run: 'student', address: targetsAddress, tls_dir: tlsDir, end_step: STEPS };
  const job = { file: join(folder, `${name}.jsonl`), slices: 1, ...more };
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ ...job, targets: { ...defaults, ...targets } }));
  const child = spawn('python3', [join(TESTS, 'read.py'), file], { env: environment() });
  started.push(child);
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      if (code === 1) console.warn(stderr);
      resolve(code);
    });
  });
  return { child, said, ended };
}

async function linesOf(name: string): Promise<Line[]> {
  const text = await readFile(join(folder, `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** Resolves once the reader waits at {@link PAUSE_AT}. Fails with its lines if it has ended instead. */
async function paused({ said, ended }: Reader): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await vi.waitUntil(() => isOver || said.length > 0, { timeout: 240_000, interval: 50 });
  expect(said).toEqual(['paused']);
}

test('four ranks get the targets of one reader, though a rank and the coordinator are killed', async (context) => {
  if (lack !== undefined) return context.skip();
  const refused = await runCli(cluster.address, 'targets', 'serve', 'student', '--tls');
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--tls needs --tls-dir'),
  });
  const serve = ['targets', 'serve', 'student', '--tls', '--listen', '127.0.0.1:0'];
  gateway = startCli(cluster.address, ['--tls-dir', tlsDir, ...serve]);
  const { process: child, result } = gateway;
  const ready = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void result.then(({ stderr }) => reject(new Error(stderr)));
  });
  targetsAddress = (JSON.parse(ready) as { address: string }).address;

  const ranks = [...Array(WORLD).keys()];
  const start = (rank: number) =>
    startReader(`rank-${rank}`, { rank, world_size: WORLD }, { pauseAt: PAUSE_AT });
  const readers = await Promise.all(ranks.map(start));
  await Promise.all(readers.map(paused));
  const other = await startReader('other', { rank: 1, world_size: 2 });
  await other.ended;
  expect(other.said.map((line) => JSON.parse(line))).toEqual([
    {
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(
        /^rank 1 of 2 asks for run student, which rank \d of 4 reads: .* same world_size/,
      ),
    },
  ]);

  const stranger = await startReader('stranger', { tls_dir: null, patience: 0 });
  await stranger.ended;
  expect(stranger.said.map((line) => JSON.parse(line))).toEqual([
    { code: 'UNAVAILABLE', message: expect.stringContaining(`${targetsAddress}: `) },
  ]);

  const killed = readers[2] as Reader;
  killed.child.kill('SIGKILL');
  await killed.ended;
  await cluster.restartCoordinator('SIGKILL');
  readers[2] = await start(2);
  await paused(readers[2]);
  for (const reader of readers) reader.child.stdin.write('\n');
  const alone = await startReader('alone', {}, { slices: WORLD });
  expect(await Promise.all([...readers, alone].map(({ ended }) => ended))).toEqual(
    Array(5).fill(0),
  );
  // All streams were cut off, at least those of the three surviving ranks.
  expect(gateway.stderr().match(/coordinator is away/g)?.length).toBeGreaterThanOrEqual(WORLD - 1);

  const want = await linesOf('alone');
  expect(want.map(({ step }) => step)).toEqual([...Array(STEPS).keys()]);
  for (const rank of ranks) {
    const got = await linesOf(`rank-${rank}`);
    expect(got.map(({ step }) => step)).toEqual(want.map(({ step }) => step));
    const differing = got.filter(({ digests }, i) => digests[0] !== want[i]?.digests[rank]);
    expect(differing).toEqual([]);
    const sizes = got.map(({ rows, rowCount }) => [rows, rowCount]);
    expect(sizes).toEqual(Array(STEPS).fill([BATCH_SIZE / WORLD, BATCH_SIZE]));
    expect(got.map((line) => line.labelledCount)).toEqual(want.map((line) => line.labelledCount));
  }
});

test('a reader is patient anew after each answer, also while it waits for a batch', async (context) => {
  if (lack !== undefined) return context.skip();
  const [digests, tensors] = [{ specificationDigest: 'a', datasetDigest: 'b' }, []];
  const outline = TargetOutline.create({ runId: 'student', ...digests, endStep: 1, tensors });
  const batch = TargetBatch.create({ samples: [0], labels: [-1], rowCount: 1, endsBatch: true });
  let streams = 0;
  const targets: TargetMaker = {
    outline: async () => outline,
    async *stream() {
      streams += 1;
      yield { part: { $case: 'outline', outline } };
      yield { part: { $case: 'waiting', waiting: 'for a teacher' } };
      if (streams <= 2) throw new LyceumError('UNAVAILABLE', 'the server ends');
      yield { part: { $case: 'batch', batch } };
    },
  };
  const log = createLogger({ name: 'test', level: 'silent' });
  const stopping = new AbortController().signal;
  const server = await RpcServer.start({
    address: '127.0.0.1:0',
    insecure: false,
    log,
    services: [[SERVICES.target, targetService({ targets, stopping, log })]],
  });
  try {
    // Without any patience the second break in a row that no answer came between would be an error.
    const where = { address: server.address, tls_dir: null, end_step: 0, patience: 0 };
    const reader = await startReader('patient', where);
    await reader.ended;
    expect(reader.said).toEqual([]);
    expect((await linesOf('patient')).map(({ step }) => step)).toEqual([0]);
    expect(streams).toBe(3);
  } finally {
    await server.stop(1_000);
  }
});

/** A Python with torch and grpcio, as `pip install ./clients/python torch` makes one. */
const TORCH_PYTHON = process.env['LYCEUM_PYTHON'];

test('four ranks of a DDP training end with the weights of one process', async (context) => {
  if (lack !== undefined) return context.skip();
  if (TORCH_PYTHON === undefined) {
    console.warn('left out: DDP; LYCEUM_PYTHON=PATH names a Python with torch and grpcio');
    return context.skip();
  }
  const file = join(folder, 'ddp.json');
  const targets = { run: 'student', address: targetsAddress, tls_dir: tlsDir, end_step: 200 };
  await writeFile(file, JSON.stringify(targets));
  const [site] = pythonPath.split(':');
  const env = { ...process.env, PYTHONPATH: site };
  const { stdout } = await execute(TORCH_PYTHON, [join(TESTS, 'ddp.py'), file], { env });
  const { greatestDifference, greatestWeight } = JSON.parse(stdout) as Record<string, number>;
  console.info(`greatest difference of two weights: ${greatestDifference}`);
  expect(greatestDifference).toBeLessThan(1e-6);
  expect(greatestWeight).toBeGreaterThan(0.1);
});
