/** `datasets push` of images and tables as a process, without a cluster. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli, startCli } from './cli-process.js';

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';

const root = mkdtempSync(path.join(tmpdir(), 'lyceum-push-'));
const pets = path.join(root, 'pets');
/** The temporary folder of the processes that these tests start. */
const scratch = path.join(root, 'scratch');
afterAll(() => rmSync(root, { recursive: true }));
beforeAll(async () => {
  await mkdir(scratch);
  vi.stubEnv('TMPDIR', scratch);
  for (const name of ['cat', 'dog']) {
    await mkdir(path.join(pets, name), { recursive: true });
    for (let n = 0; n < 10; n++) {
      const background = { r: 20 * n, g: 0, b: 0 };
      const image = sharp({ create: { width: 8, height: 6, channels: 3, background } });
      await image.png().toFile(path.join(pets, name, `${n}.png`));
    }
  }
  await writeFile(path.join(pets, 'cat', 'broken.jpg'), 'hello');
});

test('datasets push --dry-run describes the set, as lines and as JSON', async () => {
  const size = ['--size', '3x4', '--channels', 'gray'];
  const lines = await runCli(NOBODY, 'datasets', 'push', 'pets', pets, ...size, '--dry-run');
  // A dry run with refused samples fails at its end, and does not list them again.
  expect(lines).toMatchObject({
    code: 2,
    stderr:
      "error: 1 of the source's samples cannot be used, as listed; --skip-refused takes the others\n",
  });
  expect(lines.stdout).toContain('20 of 3 × 4 (height × width), 1 channel, uint8, from images');
  expect(lines.stdout).toContain('cat, dog; sorted as strings');
  expect(lines.stdout).toContain('refused   1: 1 unreadable image');
  expect(lines.stdout).toContain('cat/broken.jpg: cannot be read as JPEG');

  const json = await runCli(NOBODY, 'datasets', 'push', 'pets', pets, '--dry-run', '-o', 'json');
  expect(json.code).toBe(2);
  const skipped = ['--dry-run', '--skip-refused'];
  const on = await runCli(NOBODY, 'datasets', 'push', 'pets', pets, ...skipped);
  expect(on).toMatchObject({ code: 0, stderr: '' });
  const modalities = [{ sampleShape: [6, 8, 3], valueType: 'uint8' }];
  expect(JSON.parse(json.stdout)).toMatchObject({ samples: 20, modalities });
});

test('datasets push --refused lists every refused sample in a file', async () => {
  const bad = Array.from({ length: 12 }, (_, n) => `seven${n},a`);
  const good = Array.from({ length: 12 }, (_, n) => `${n},${n % 2 ? 'a' : 'b'}`);
  const source = path.join(root, 'numbers.csv');
  await writeFile(source, ['x,label', ...good, ...bad].join('\n'));
  const list = path.join(root, 'refused.jsonl');
  const args = ['datasets', 'push', 'numbers', source, '--columns', 'x=number', '--dry-run'];
  const { code } = await runCli(NOBODY, ...args, '--skip-refused', '--refused', list);
  expect(code).toBe(0);
  const lines = (await readFile(list, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    bad.map((_, n) => ({
      sample: `row ${n + 13}`,
      message: expect.stringContaining(`got "seven${n}"`),
    })),
  );
  const nowhere = await runCli(NOBODY, ...args, '--refused', path.join(root, 'no', 'list'));
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot write') });
});

test('datasets push stops at a refused sample, unless --skip-refused leaves it out', async () => {
  const stopped = await runCli(NOBODY, 'datasets', 'push', 'pets', pets);
  expect(stopped.code).toBe(2);
  expect(stopped.stderr).toContain('cat/broken.jpg');
  expect(stopped.stderr).toContain('--skip-refused');

  const on = await runCli(NOBODY, 'datasets', 'push', 'pets', pets, '--skip-refused');
  expect(on).toMatchObject({ code: 4, stderr: expect.stringContaining('no coordinator answers') });
  expect(readdirSync(scratch)).toEqual([]);
});

test('datasets push takes the columns of a table from options', async () => {
  const rows = Array.from({ length: 20 }, (_, n) => `${n % 2 ? 'b' : 'a'},train,${n},${-n}`);
  await writeFile(path.join(root, 't.csv'), ['kind,fold,x,y', ...rows].join('\n'));
  const table = [path.join(root, 't.csv'), '--label', 'kind', '--split', 'column:fold'];
  const { code, stdout } = await runCli(NOBODY, 'datasets', 'push', 't', ...table, '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toContain('20 of 2 values, float32, from csv');
  expect(stdout).toContain(
    'train 14, validation 2, test 4; from column fold, then of train a draw with',
  );
  expect(stdout).toContain('encoding  rows: 2 columns of numbers and 0 of categories in 2 numbers');
  expect(stdout).toMatch(/^ {2}x: number, mean [\d.]+, deviation [\d.]+$/m);
  const raw = await runCli(NOBODY, 'datasets', 'push', 't', ...table, '--raw', '--dry-run');
  expect(raw.stdout).not.toContain('encoding');
  expect(raw.stdout).toContain('columns   x, y\n');
  const kinds = ['--columns', 'x=category,y=ignore'];
  const other = await runCli(NOBODY, 'datasets', 'push', 't', ...table, ...kinds, '--dry-run');
  expect(other.stderr).toContain('no column can be used: x (no value comes twice in train)');
});

test('datasets push --dry-run refuses what a push refuses, and warns of duplicates', async () => {
  const named = await runCli(NOBODY, 'datasets', 'push', 'My_Set', pets, '--dry-run');
  expect(named).toMatchObject({ code: 2, stdout: '' });
  expect(named.stderr).toContain('"My_Set" is no name; want lower-case letters');
  const file = path.join(root, 'twins.csv');
  const rows = Array.from({ length: 40 }, (_, n) => `${n % 2 ? 'b' : 'a'},${n % 4}`);
  await writeFile(file, ['label,x', ...rows].join('\n'));
  const twins = await runCli(NOBODY, 'datasets', 'push', 'twins', file, '--dry-run');
  expect(twins.code).toBe(0);
  expect(twins.stdout).toMatch(/^warning {3}duplicates: .*\d+ of test (is|are) in train too/m);
  await writeFile(file, ['label,x,split', ...rows.map((row) => `${row},train`)].join('\n'));
  for (const dry of [['--dry-run'], []]) {
    const asked = await runCli(NOBODY, 'datasets', 'push', 'twins', file, ...dry);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('--split column:split if it says the split');
  }
});

test('datasets push joins modalities from tables by id, and stops at an id that one lacks', async () => {
  const many = Array.from({ length: 12 }, (_, column) => `x${column}`);
  const rows = (of: number[], row: (n: number) => unknown[]) => of.map((n) => row(n).join());
  const ids = Array.from({ length: 20 }, (_, n) => n);
  const put = async (name: string, header: unknown[], lines: string[]) => {
    await writeFile(path.join(root, name), [header.join(), ...lines].join('\n'));
    return path.join(root, name);
  };
  const left = (n: number) => [`s${n}`, n % 2, ...many.map((_, column) => n + column)];
  const right = (n: number) => [n / 2, `s${n}`];
  const one = await put('one.csv', ['id', 'label', ...many], rows(ids, left));
  const two = await put('two.csv', ['z', 'id'], rows([...ids].reverse(), right));
  const fewer = await put('fewer.csv', ['z', 'id'], rows(ids.slice(1), right));
  const push = (second: string, ...options: string[]) => {
    const modalities = ['--modality', `many=${one}`, '--modality', `one=${second}`];
    return runCli(NOBODY, 'datasets', 'push', 'm', ...modalities, '--id', 'id', ...options);
  };
  const dry = await push(two, '--raw', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toContain('20 of many: 12 values, float32; one: 1 values, float32, from csv');
  expect(dry.stdout).toContain('columns   many: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, … (12 in');
  expect(dry.stdout).toContain('columns   one: z\n');

  const stopped = await push(fewer, '--raw');
  expect(stopped.code).toBe(2);
  expect(stopped.stderr).toContain('id s0: is in many, and in one there is no such row');
  expect((await push(fewer, '--raw', '--skip-refused')).code).toBe(4);
  const encoded = await push(two, '--columns', 'x0=ignore', '--dry-run');
  expect(encoded.stdout).toContain(
    'encoding  many: rows: 11 columns of numbers and 0 of categories',
  );
  expect(encoded.stdout).toMatch(/^encoding {2}one: .*\n {2}z: number, mean [\d.]+, deviation/m);
});

test('datasets push on Ctrl-C leaves no temporary files', async () => {
  const file = path.join(root, 'long.csv');
  // Long enough to be still under way.
  await writeFile(file, `label,x\n${'a,1\nb,2\n'.repeat(4_000_000)}`);
  const running = startCli(NOBODY, ['datasets', 'push', 'long', file, '--dry-run']);
  const rowsThere = () => expect(readdirSync(scratch, { recursive: true }).length).toBe(2);
  await vi.waitFor(rowsThere, { timeout: 120_000, interval: 20 });
  running.process.kill('SIGINT');
  expect(await running.result).toMatchObject({ code: 130, stdout: '' });
  expect(readdirSync(scratch)).toEqual([]);
});

test.each([
  [['--size', '0x4'], 'want HEIGHTxWIDTH'],
  [['--fit', 'crop'], 'Allowed choices are cover, contain, stretch'],
  [['--split', 'test=2'], 'leave nothing to train on'],
  [['--split', 'half'], 'want names'],
  [['--classes', 'cat'], 'two names or more'],
  [['--classes', 'cat,cat'], '"cat" is there twice'],
])('datasets push %j is wrong usage: exit code 2', async (options, words) => {
  const { code, stderr } = await runCli(NOBODY, 'datasets', 'push', 'pets', pets, ...options);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
});
