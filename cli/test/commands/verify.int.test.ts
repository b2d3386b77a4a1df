/**
 * `answers verify` against a real cluster, each part a process: with an unchanged teacher, with forged answers, and
 * without a teacher worker. One story, in order.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordSum } from '../../../learning/src/records/record-sum.js';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { type CliResult, runCli, startCli } from './cli-process.js';
import { smallSetBytes } from './small-set.js';

interface Verified {
  readonly codec: string;
  readonly rowCount: number;
  readonly equalRowCount: number;
  readonly maxDifference: number;
  readonly divergence: number;
  readonly askedLikeRuns: readonly string[];
  readonly skippedReason: string;
}

let cluster: LocalCluster | undefined;
let address = '';
let folder = '';
let stateDir = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-verify-'));
  stateDir = path.join(folder, 'state');
  await start(1);
  const set = path.join(folder, 'small.npz');
  await writeFile(set, smallSetBytes());
  expect((await cli('datasets', 'push', 'small', set)).code).toBe(0);
  await finished(`
kind: Training
metadata: { name: teacher }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [8] } }
  training: { batchSize: 32, epochs: 6, learningRate: 0.01 }
`);
  await finished(`
kind: Distillation
metadata: { name: pupil }
spec:
  dataset: small
  teachers: [{ name: only, model: "run:teacher" }]
  # It was trained for a moment.
  teacherHealth: { accept: [only] }
  student: { model: { architecture: mlp, hiddenUnits: [4] } }
  training: { batchSize: 32, epochs: 2 }
`);
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

async function start(teacherWorkers: number): Promise<void> {
  const options = { teacherWorkers, studentWorkers: 1, computeThreads: 1, stateDir } as const;
  cluster = await LocalCluster.start({ environment: process.env, ...options });
  address = cluster.address;
}

function cli(...args: string[]): Promise<CliResult> {
  return runCli(address, ...args);
}

async function finished(specification: string): Promise<void> {
  const text = `apiVersion: lyceum.dev/v1alpha1\n${specification}`;
  const { result } = startCli(address, ['submit', '-', '--wait'], text);
  expect(await result).toMatchObject({ code: 0 });
}

async function verified(...args: string[]): Promise<{ code: number; tables: Verified[] }> {
  const { code, stdout, stderr } = await cli('answers', 'verify', ...args, '-o', 'json');
  expect(stdout, stderr).not.toBe('');
  return { code: code ?? -1, tables: JSON.parse(stdout) as Verified[] };
}

test('answers verify finds the answers of an unchanged teacher equal, bit for bit', async () => {
  const before = (await cli('answers', 'list', '-o', 'json')).stdout;
  const { code, tables } = await verified();
  expect(code).toBe(0);
  expect(tables.map(({ codec }) => codec).sort()).toEqual(['float32', 'uint8-affine']);
  for (const table of tables) {
    expect(table).toMatchObject({ skippedReason: '', askedLikeRuns: ['pupil'], maxDifference: 0 });
    expect(table.rowCount).toBeGreaterThan(0);
    expect(table.equalRowCount).toBe(table.rowCount);
  }
  // The verification stored nothing.
  const sizes = (text: string) =>
    (JSON.parse(text) as { id: string; sizeBytes: number }[])
      .map(({ id, sizeBytes }) => `${id} ${sizeBytes}`)
      .sort();
  expect(sizes((await cli('answers', 'list', '-o', 'json')).stdout)).toEqual(sizes(before));
});

test('answers verify finds forged answers, in the table that has them', async () => {
  await cluster?.stop();
  await forge();
  await start(1);
  const { code, tables } = await verified();
  expect(code).toBe(1);
  for (const { codec, divergence, maxDifference } of tables) {
    if (codec === 'uint8-affine') expect([divergence, maxDifference]).toEqual([0, 0]);
    else expect(Math.min(divergence, maxDifference)).toBeGreaterThan(0.01);
  }
  const { stdout } = await cli('answers', 'verify');
  expect(stdout).toMatch(/ float32 .* DIFFERS$/m);
  expect(stdout).toMatch(/ uint8-affine .* the same$/m);
  expect((await verified('--tolerance', '1000')).code).toBe(0);
});

test('answers verify passes over teachers that do not answer within --patience, and says why', async () => {
  await cluster?.stop();
  await start(0);
  const { code, stdout } = await cli('answers', 'verify', '--patience', '2');
  // No table could be verified.
  expect(code).toBe(1);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).toMatch(
      / was not asked again: teacher only did not answer within 2 s: no teacher worker is connected/,
    );
  }
});

test.each([
  [['absent'], 3, 'there is no table absent'],
  [['--spans', '0'], 2, 'want a whole number from 1'],
  [['--tolerance', 'x'], 2, 'want a number of at least 0'],
])('answers verify %j is refused', async (args, code, told) => {
  const result = await cli('answers', 'verify', ...args);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(told);
});

/** Flips the sign of the first logit in every exact answer, and mends the checksums. */
async function forge(): Promise<void> {
  const answers = path.join(stateDir, 'coordinator', 'answers');
  for (const name of await readdir(answers)) {
    const file = path.join(answers, name);
    const bytes = Uint8Array.from(await readFile(file));
    const view = Buffer.from(bytes.buffer);
    const text = view.toString('utf8', 16, 16 + view.readUInt32LE(8));
    const [, , , , , codec, , rowLength] = JSON.parse(text) as unknown[];
    if (codec !== 'float32') continue;
    const words = new Uint32Array(bytes.buffer);
    const stride = 2 + Number(rowLength);
    const header = Math.ceil((16 + text.length) / 64) * 16;
    for (let at = header; at < words.length; at += stride) {
      words[at + 1] = (words[at + 1] as number) ^ 0x80000000;
      words[at + stride - 1] = recordSum(words, at, stride - 1);
    }
    await writeFile(file, bytes);
  }
}
