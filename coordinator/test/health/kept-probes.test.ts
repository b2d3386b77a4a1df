// Real files in a temporary folder.
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeptProbes } from '../../src/health/kept-probes.js';
import { UnprovenFile } from '../../src/health/unproven-file.js';
import { TABLE_KEY } from '../answers/records-of.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-kept-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('KeptProbes keeps an answer to the bit over a restart until it is forgotten', async () => {
  const probes = await KeptProbes.open(join(folder, 'probes'));
  const values = Float32Array.of(1 / 3, -0, 2e-40);
  const digest = sha256Hex(Buffer.from(values.buffer));
  expect(await probes.read('p')).toBeUndefined();
  await probes.write('p', { isClass: false, values, digest });
  const again = await KeptProbes.open(join(folder, 'probes'));
  expect(await again.read('p')).toEqual({ isClass: false, values, digest });
  await again.forget('p');
  expect(await again.read('p')).toBeUndefined();
});

it('KeptProbes names a truncated file in its error, and says to delete it', async () => {
  const probes = await KeptProbes.open(folder);
  await probes.write('p', { isClass: false, values: Float32Array.of(1), digest: '' });
  const path = join(folder, (await readdir(folder))[0] ?? '');
  await truncate(path, 10);
  await expect(probes.read('p')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(`^${path}, with which .* is damaged; .* or delete it`),
  });
});

it('UnprovenFile holds what was written last; waiting writes become one', async () => {
  const key = TABLE_KEY;
  const path = join(folder, 'unproven.json');
  const file = new UnprovenFile(path);
  const nothing = { tails: [], suspicions: [] };
  expect(await file.read()).toEqual(nothing);
  const tails = [{ key, first: 7, sinceMs: 12 }];
  const found = { workerId: 'w', teacher: 'aa', reason: 'it says otherwise', sinceMs: 11 };
  const endless = { key, range: { first: 7, end: Number.POSITIVE_INFINITY } };
  const records = [{ key, range: { first: 3, end: 5 } }, endless];
  const samples = [{ key, samples: new Set([0, 7, 8, 99]) }];
  const suspicions = [
    { ...found, records, samples },
    { ...found, records: [], samples: undefined },
  ];
  const first = file.write(nothing);
  await Promise.resolve();
  const waiting = [file.write(nothing), file.write(nothing), file.write({ tails, suspicions })];
  expect(new Set(waiting).size).toBe(1);
  await Promise.all([first, ...waiting]);
  expect(await new UnprovenFile(path).read()).toEqual({ tails, suspicions });
  expect(await new UnprovenFile(`${path}.none`).read()).toEqual(nothing);
});

it('KeptProbes refuses a file in which the probe or the values were changed', async () => {
  const probes = await KeptProbes.open(folder);
  await probes.write('p', { isClass: false, values: Float32Array.of(1, 2), digest: '' });
  const path = join(folder, (await readdir(folder))[0] ?? '');
  const text = await readFile(path, 'utf8');
  const { probe: _, isClass: __, values, ...rest } = JSON.parse(text);
  for (const other of ['A', values.slice(4), values.replace('P', 'Q'), `${values}!`, 'AACAPwA=']) {
    await writeFile(path, JSON.stringify({ probe: 'p', isClass: false, values: other, ...rest }));
    await expect(probes.read('p')).rejects.toThrow(`${path}, with which`);
  }
  await writeFile(path, text.replace('"p"', '"q"'));
  await expect(probes.read('p')).rejects.toThrow(`${path}, with which`);
  await writeFile(path, text);
  expect((await probes.read('p'))?.values).toEqual(Float32Array.of(1, 2));
});

it('UnprovenFile refuses a file in which a digit was changed', async () => {
  const path = join(folder, 'unproven.json');
  const file = new UnprovenFile(path);
  const tails = [{ key: TABLE_KEY, first: 7, sinceMs: 12 }];
  await file.write({ tails, suspicions: [] });
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"first":7', '"first":9'));
  await expect(file.read()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await writeFile(path, text);
  expect((await file.read()).tails).toEqual(tails);
});
