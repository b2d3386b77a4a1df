/**
 * A set of two modalities: written, read back, seen by models of either modality, and damaged. Each error must name
 * the damage.
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  describeDataset,
  type Modality,
  meantModality,
  type StoredDatasetParts,
  seenDataset,
  splitSamples,
} from '../../src/datasets/dataset.js';
import {
  encodeDataset,
  encodeStoredDataset,
  parseDataset,
  parseStoredDataset,
} from '../../src/datasets/dataset-file.js';
import type { NpyArray } from '../../src/files/numpy/npy.js';
import { readNpz, writeNpz } from '../../src/files/numpy/npz.js';

const PIXELS = {
  sampleShape: [2, 1, 1],
  inputs: Uint8Array.of(0, 1, 2, 3, 4, 5),
  inputScale: 1 / 255,
};
const SOUND = { sampleShape: [1], inputs: Float32Array.of(0.5, -2, 8), inputScale: 1 };
const PARTS: StoredDatasetParts = {
  sampleCount: 3,
  classCount: 2,
  classNames: ['cat', 'dog'],
  labels: Int32Array.of(0, -1, 1),
  splits: Uint8Array.of(1, 2, 3),
  modalities: new Map<string, Modality>([
    ['sound', SOUND],
    ['pixels', PIXELS],
  ]),
};
const FILE = encodeStoredDataset(PARTS);

const META = {
  format: 'lyceum.dev/dataset/v1',
  classCount: 2,
  classNames: ['cat', 'dog'],
  modalities: { pixels: { inputScale: 1 / 255 }, sound: { inputScale: 1 } },
};

/** The file with some members replaced or, where `undefined`, left out. */
function fileWith(changes: Record<string, NpyArray | undefined>, meta: object = META): Buffer {
  const members = Object.entries({ ...Object.fromEntries(readNpz(FILE)), ...changes });
  const arrays = members.flatMap(([name, array]) => (array ? [[name, array] as const] : []));
  return writeNpz(arrays, [['meta.json', JSON.stringify(meta)]]);
}

function problemsOf(bytes: Uint8Array): string[] {
  try {
    parseStoredDataset(bytes);
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    return err.problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  throw new Error('it was accepted');
}

describe('a data set of several modalities', () => {
  it('reads back as it was written, with modalities sorted by name', () => {
    const { digest: _, ...rest } = parseStoredDataset(FILE);
    expect(rest).toEqual(PARTS);
    expect([...rest.modalities.keys()]).toEqual(['pixels', 'sound']);
    expect([...readNpz(FILE).keys()].sort()).toEqual([
      'inputs.pixels',
      'inputs.sound',
      'labels',
      'splits',
    ]);
  });

  it('has bytes that depend on its content only', () => {
    expect(fileWith({}).equals(FILE)).toBe(true);
    const modalities = new Map([...PARTS.modalities].reverse());
    expect(encodeStoredDataset({ ...PARTS, modalities }).equals(FILE)).toBe(true);
  });

  it('is seen by a model as a data set of the modality of the model', () => {
    const stored = parseStoredDataset(FILE);
    const { modalities: _, ...samples } = stored;
    expect(seenDataset(stored, 'pixels')).toEqual({ ...samples, ...PIXELS });
    expect(seenDataset(stored, 'sound')).toEqual({ ...samples, ...SOUND });
    const [one, other] = ['pixels', 'sound'].map((name) => seenDataset(stored, name));
    expect(one && splitSamples(one, 'train')).toBe(other && splitSamples(other, 'train'));
  });

  it('is refused when no modality or an unknown one is named', () => {
    const stored = parseStoredDataset(FILE);
    const known = "want one of the data set's: pixels, sound";
    expect(() => seenDataset(stored, undefined)).toThrow(`no modality is named; ${known}`);
    expect(() => seenDataset(stored, 'smell')).toThrow(`there is no modality smell; ${known}`);
    expect(() => parseDataset(FILE)).toThrow(`no modality is named; ${known}`);
    expect(meantModality(stored.modalities, undefined)).toBeUndefined();
    expect(meantModality(stored.modalities, 'smell')).toBeUndefined();
  });

  it('is described with each modality', () => {
    expect(describeDataset(parseStoredDataset(FILE))).toMatchObject({
      modalities: [
        { name: 'pixels', sampleShape: [2, 1, 1], valueType: 'uint8' },
        { name: 'sound', sampleShape: [1], valueType: 'float32' },
      ],
      sampleCount: 3,
    });
  });

  it.each([
    ['one is missing', fileWith({ 'inputs.sound': undefined }), 'inputs.sound: is missing'],
    [
      'nobody names one',
      fileWith({ 'inputs.smell': { dtype: 'uint8', shape: [3, 1], data: new Uint8Array(3) } }),
      'inputs.smell: belongs to no modality or columns that meta.json names',
    ],
    [
      'one has no name',
      fileWith({ inputs: { dtype: 'uint8', shape: [3, 1], data: new Uint8Array(3) } }),
      'inputs: belongs to no modality or columns that meta.json names',
    ],
    [
      'one has other samples',
      fileWith({
        'inputs.sound': { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1, 2) },
      }),
      'inputs.sound: want 3 values, got 2',
    ],
    [
      'a value is not finite',
      fileWith({
        'inputs.sound': { dtype: 'float32', shape: [3, 1], data: Float32Array.of(1, NaN, 2) },
      }),
      'inputs.sound: sample 1 holds NaN',
    ],
    [
      'a name is none',
      fileWith(
        { 'inputs.Pixels': { dtype: 'uint8', shape: [3, 1], data: new Uint8Array(3) } },
        { ...META, modalities: { ...META.modalities, Pixels: { inputScale: 1 } } },
      ),
      'modalities: "Pixels" is no name of one; want lower-case letters, digits, dashes and underscores, at most 63, no dash or underscore at the ends',
    ],
    [
      'a scale of 0',
      fileWith({}, { ...META, modalities: { ...META.modalities, sound: { inputScale: 0 } } }),
      'modalities.sound.inputScale: must be greater than 0, got 0',
    ],
    [
      'a scale is missing',
      fileWith({}, { ...META, modalities: { pixels: {} } }),
      'meta.json: modalities.pixels.inputScale must be a number',
    ],
    [
      'both forms',
      fileWith({}, { ...META, inputScale: 1 }),
      'meta.json: has modalities, and inputScale beside them; want either',
    ],
    [
      'no modalities',
      fileWith({}, { ...META, modalities: {} }),
      'meta.json: modalities must be an object of one or more',
    ],
  ])('is refused with the problem named: %s', (_, bytes, problem) => {
    expect(problemsOf(bytes)).toContain(problem);
  });
});

it('a data set of one modality is read without a name, and an unknown name is refused', () => {
  const { modalities: _, ...samples } = PARTS;
  const stored = parseStoredDataset(encodeDataset({ ...samples, ...PIXELS }));
  expect(seenDataset(stored, undefined)).toMatchObject(PIXELS);
  expect(() => seenDataset(stored, 'pixels')).toThrow(
    "there is no modality pixels: the data set's only one has no name; name none",
  );
  const named = { ...PARTS, modalities: new Map([['pixels', PIXELS]]) };
  expect(seenDataset(parseStoredDataset(encodeStoredDataset(named)), undefined)).toMatchObject(
    PIXELS,
  );
});
