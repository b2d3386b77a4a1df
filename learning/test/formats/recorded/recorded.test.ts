/** Recorded answers: read from files, packed into a model package and read back. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { writeZip } from '../../../src/files/index.js';
import { writeNpz } from '../../../src/files/numpy/npz.js';
import { describePackagedModel, parsePackagedModel } from '../../../src/formats/packaged-model.js';
import {
  readRecordingLines,
  readRecordingNpz,
} from '../../../src/formats/recorded/read-recording.js';
import { encodeRecordedPackage } from '../../../src/formats/recorded/recorded-package.js';

const SET = { sampleCount: 4, classNames: ['cat', 'dog', 'emu'] };
const dataset = { digest: 'a'.repeat(64), sampleCount: 4, classCount: 3 };
const settings = { output: 'logits' } as const;

/** An array as NumPy writes it, of any type. */
function npy(type: string, shape: string, values: Uint8Array, isFortran = false): Buffer {
  const order = isFortran ? 'True' : 'False';
  const text = `{'descr': ${type}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  return Buffer.concat([start, Buffer.from(text), values]);
}

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

it('readRecordingLines reads classes by name or number in any order, and takes a missing sample as no answer', () => {
  const text = lines(
    { sample: 3, class: 'emu' },
    { sample: 0, class: 1 },
    { sample: 1, class: null },
  );
  expect(readRecordingLines(`${text}\n\n`, SET, 'file')).toEqual({
    kind: 'classes',
    classes: Int32Array.of(1, -1, -1, 2),
  });
});

it('readRecordingLines reads probabilities as logarithms', () => {
  const rows = [0, 1, 2, 3].map((sample) => ({ sample, probabilities: [0.5, 0.5, 0] }));
  const answers = readRecordingLines(lines(...rows), SET, 'file');
  expect(answers.kind).toBe('logits');
  const logits = answers.kind === 'logits' ? answers.logits : new Float32Array();
  expect(logits.length).toBe(12);
  expect(logits[0]).toBeCloseTo(Math.log(0.5), 6);
  expect(logits[2]).toBeCloseTo(-87.336, 2);
});

it('readRecordingNpz reads arrays of all samples, or of the samples that are listed', () => {
  const logits = Float32Array.from({ length: 12 }, (_, i) => i / 8);
  const all = writeNpz([['logits', { dtype: 'float32', shape: [4, 3], data: logits }]]);
  expect(readRecordingNpz(all, SET, 'file')).toEqual({ kind: 'logits', logits });
  const some = writeNpz([
    ['classes', { dtype: 'int64', shape: [2], data: BigInt64Array.of(2n, 0n) }],
    ['samples', { dtype: 'int32', shape: [2], data: Int32Array.of(3, 1) }],
  ]);
  expect(readRecordingNpz(some, SET, 'file')).toEqual({
    kind: 'classes',
    classes: Int32Array.of(-1, 0, -1, 2),
  });
});

it('readRecordingNpz reads halves, in column order too, and leaves out other arrays', () => {
  // The frame of a model that answers in float16: four rows of three, one column after the other.
  const halves = [0x3c00, 0, 0, 0x3800, 0, 0x3c00, 0, 0x3800, 0, 0, 0x3c00, 0];
  const file = writeZip(
    new Map([
      [
        'probabilities.npy',
        npy("'<f2'", '(4, 3)', Buffer.from(Uint16Array.from(halves).buffer), true),
      ],
      ['names.npy', npy("'|O'", '(4,)', Buffer.from('pickled'))],
    ]),
  );
  const answers = readRecordingNpz(file, SET, 'file');
  const shown = answers.kind === 'logits' ? Array.from(answers.logits, Math.exp) : [];
  const want = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.5, 0];
  for (const [n, probability] of want.entries()) expect(shown[n]).toBeCloseTo(probability, 6);
});

it('readRecordingNpz reads classes by name, bool or in 16 bits, and no class but those of the set', () => {
  const read = (...array: Parameters<typeof npy>) =>
    readRecordingNpz(writeZip(new Map([['classes.npy', npy(...array)]])), SET, 'file');
  const classes = Int32Array.of(2, 0, -1, 1);
  const names = Buffer.from(['emu', 'cat', '\0\0\0', 'dog'].join(''), 'latin1');
  expect(read("'|S3'", '(4,)', names)).toEqual({ kind: 'classes', classes });
  const utf32 = Buffer.from([...names].flatMap((letter) => [letter, 0, 0, 0]));
  expect(read("'<U3'", '(4,)', utf32)).toEqual({ kind: 'classes', classes });
  const shorts = Buffer.from([0, 2, 0, 0, 255, 255, 0, 1]);
  expect(read("'>i2'", '(4,)', shorts)).toEqual({ kind: 'classes', classes });
  expect(read("'|b1'", '(4,)', Buffer.from([1, 0, 0, 1]))).toMatchObject({
    classes: Int32Array.of(1, 0, 0, 1),
  });
  expect(() => read("'|S3'", '(4,)', Buffer.from('emucatcowdog'))).toThrow(
    `classes, entry 2: has the class "cow"; want one of cat, dog, emu, or '' for none`,
  );
});

it('readRecordingNpz reads a file that as lists of numbers would be larger than the heap', async () => {
  // A thread with a heap of 48 MB; as lists, 8,000 rows of 1,000 numbers take 64 MB. A thread runs what was built.
  const module = new URL('../../../dist/formats/recorded/read-recording.js', import.meta.url);
  const [sampleCount, width] = [8000, 1000];
  const classNames = Array.from({ length: width }, (_, c) => String(c));
  const data = new Float32Array(sampleCount * width).fill(1 / width);
  const file = writeNpz([
    ['probabilities', { dtype: 'float32', shape: [sampleCount, width], data }],
  ]);
  const code = `import(workerData.module).then(({ readRecordingNpz }) => {
    parentPort.postMessage(readRecordingNpz(workerData.file, workerData.set, 'file').kind);
  })`;
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads'); ${code}`,
    {
      eval: true,
      workerData: { module: module.href, file, set: { sampleCount, classNames } },
      resourceLimits: { maxOldGenerationSizeMb: 48 },
    },
  );
  const [kind] = await once(worker, 'message');
  expect(kind).toBe('logits');
  await worker.terminate();
});

it.each([
  [lines({ sample: 4, class: 0 }), 'sample 4: is not in a set of 4'],
  [lines({ sample: 1, class: 0 }, { sample: 1, class: 0 }), 'sample 1: is answered twice'],
  [
    lines({ sample: 1, class: 'cow' }),
    'line 1: has the class "cow"; want one of cat, dog, emu, or null',
  ],
  [lines({ sample: 1, class: 7 }), 'sample 1: has class 7'],
  [lines({ class: 'cat' }), 'line 1: has no sample'],
  [lines({ sample: 1, logits: [1, 2] }), 'line 1: logits must be a list of 3 numbers'],
  [
    lines({ sample: 1, logits: [1, 2, 3] }),
    'sample 0: has no answer; logits or probabilities are wanted for every sample',
  ],
  [
    lines({ sample: 1, probabilities: [0.5, 0.2, 0.2] }),
    'sample 1: has logits that are not finite, or probabilities that do not sum to 1',
  ],
  [
    lines({ sample: 1, class: 1 }, { sample: 2, logits: [1, 2, 3] }),
    'sample 1: has a class, and others have logits',
  ],
  ['{"sample": 1,\n', 'line 1: is not JSON'],
])('readRecordingLines refuses %j', (text, message) => {
  expect(() => readRecordingLines(text, SET, 'file')).toThrow(message);
});

it('encodeRecordedPackage writes equal bytes for equal answers, and the package is described', () => {
  const answers = { kind: 'classes', classes: Int32Array.of(0, -1, 2, 1) } as const;
  const bytes = encodeRecordedPackage({ dataset, answers, settings });
  expect(bytes).toEqual(encodeRecordedPackage({ dataset, answers, settings }));
  const packaged = parsePackagedModel(bytes);
  expect(packaged).toEqual({ format: 'recorded', model: { dataset, answers, settings } });
  expect(describePackagedModel(packaged)).toMatchObject({
    format: 'recorded',
    classCount: 3,
    recordedDataset: dataset.digest,
    classesOnly: true,
    mayAbstain: true,
    inputs: ['3 of 4 samples of aaaaaaaaaaaa'],
  });
});

it('encodeRecordedPackage refuses answers of another sample count, no answer at all, and NaN', () => {
  const short = { kind: 'classes', classes: Int32Array.of(0) } as const;
  expect(() => encodeRecordedPackage({ dataset, answers: short, settings })).toThrow(
    'has 1 answers, and the data set 4',
  );
  const silent = { kind: 'classes', classes: new Int32Array(4).fill(-1) } as const;
  expect(() => encodeRecordedPackage({ dataset, answers: silent, settings })).toThrow(
    'has no answer at all',
  );
  const wild = { kind: 'logits', logits: new Float32Array(12).fill(Number.NaN) } as const;
  expect(() => encodeRecordedPackage({ dataset, answers: wild, settings })).toThrow(
    'sample 0 has the logit NaN',
  );
});
