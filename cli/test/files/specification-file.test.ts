/** `readSpecificationFile` with real files in a temporary folder, and streams as standard input. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { SPECIFICATION_MAX_BYTES } from '@lyceum/proto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSetting } from '../../src/files/set-option.js';
import { readSpecificationFile } from '../../src/files/specification-file.js';

const RUN = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: digits-wide }
spec:
  dataset: digits
  student: { model: { architecture: mlp } }
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(text: string, ...settings: string[]) {
  const file = path.join(folder, 'run.yaml');
  await writeFile(file, text);
  return readSpecificationFile(file, settings.map(parseSetting), Readable.from([]));
}

test('readSpecificationFile keeps the text of a file as it is', async () => {
  const { text, specification } = await read(RUN);
  expect(text).toBe(RUN);
  expect(specification.metadata.name).toBe('digits-wide');
});

test('readSpecificationFile of - reads standard input in several chunks', async () => {
  const bytes = Buffer.from(RUN.replace('digits-wide', 'from-stdin'));
  const stdin = Readable.from([bytes.subarray(0, 30), bytes.subarray(30)]);
  const { specification } = await readSpecificationFile('-', [], stdin);
  expect(specification.metadata.name).toBe('from-stdin');
});

test('readSpecificationFile applies settings to the text', async () => {
  const { text, specification } = await read(RUN, 'spec.training.epochs=3');
  expect(JSON.parse(text).spec.training).toEqual({ epochs: 3 });
  expect(specification.spec.training.epochs).toBe(3);
});

test('readSpecificationFile names the path of a wrong setting', async () => {
  await expect(read(RUN, 'spec.training.batchSize=0')).rejects.toThrow(
    'run.yaml with --set cannot be used:\n  - spec.training.batchSize: ',
  );
});

test('readSpecificationFile names a missing file', async () => {
  const file = path.join(folder, 'none.yaml');
  await expect(readSpecificationFile(file, [], Readable.from([]))).rejects.toThrow(
    /none\.yaml cannot be used:\n {2}- cannot be read: it does not exist \(ENOENT\)/,
  );
});

test('readSpecificationFile refuses a folder', async () => {
  await expect(readSpecificationFile(folder, [], Readable.from([]))).rejects.toThrow(
    'cannot be read',
  );
});

test.each([[[]], [['spec.x=1']]])('refuses invalid YAML (settings: %j)', async (settings) => {
  await expect(read('a: [1', ...settings)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(read('a: [1', ...settings)).rejects.toThrow('is not YAML');
});

test('readSpecificationFile refuses a file above the limit', async () => {
  await expect(read(`${RUN}${'#'.repeat(SPECIFICATION_MAX_BYTES)}`)).rejects.toThrow(
    'is longer than',
  );
});

test.each([
  [
    'sizes of samples',
    { inputShape: [1e9] },
    /inference\.inputShape\[0\]: want a whole number from 1 to 8388608, got 1000000000/,
  ],
  [
    'sizes that are too large together',
    { inputShape: [8_000, 8_000] },
    /inference\.inputShape: makes samples of 64000000 numbers; at most 8323072 fit/,
  ],
  [
    'a size of pictures',
    { settings: { resize: 1e9 } },
    /inference\.settings\.resize: must be a whole number from 1 to 8192/,
  ],
  [
    'a class too many',
    { settings: { classes: Array.from({ length: 4_000 }, () => 'a') } },
    /inference\.settings\.classes: must be a list of at most 65536 different names/,
  ],
])('readSpecificationFile bounds what a teacher declares: %s', async (_, declared, message) => {
  const inference = { url: 'grpc://127.0.0.1:1', model: 'far', ...declared };
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'digits-far' },
    spec: {
      dataset: 'digits',
      teachers: [{ name: 'far', inference }],
      student: { model: { architecture: 'mlp' } },
    },
  };
  await expect(read(JSON.stringify(document))).rejects.toThrow(message);
});
