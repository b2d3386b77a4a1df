/** Sets of a few samples, written and read back, then damaged one field at a time. Each error must name the damage. */
import { InvalidDocumentError, sha256Hex } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  type DatasetParts,
  describeDataset,
  splitSamples,
  withoutRaw,
} from '../../src/datasets/dataset.js';
import {
  encodeDataset,
  parseDataset,
  parseStoredDataset,
} from '../../src/datasets/dataset-file.js';
import { encodingDigest } from '../../src/datasets/encoding/encoding.js';
import { encodeText, textEncoding } from '../../src/datasets/encoding/text-encoding.js';
import { sampleText, sampleTextsOf } from '../../src/datasets/sample-texts.js';
import { columnCells } from '../../src/datasets/table-cells.js';
import type { NpyArray } from '../../src/files/numpy/npy.js';
import { writeNpz } from '../../src/files/numpy/npz.js';
import { labelledMask } from '../../src/orders/labelled-mask.js';

const PARTS: DatasetParts = {
  sampleShape: [2, 1, 1],
  sampleCount: 4,
  classCount: 2,
  classNames: ['cat', 'dog'],
  inputs: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7),
  inputScale: 1 / 255,
  labels: Int32Array.of(0, -1, 1, 0),
  splits: Uint8Array.of(1, 1, 3, 2),
};

const META = JSON.stringify({
  format: 'lyceum.dev/dataset/v1',
  classCount: 2,
  classNames: ['cat', 'dog'],
  inputScale: 1,
});

/** A data set file with some members replaced or, where `undefined`, left out. */
function fileWith(changes: Record<string, NpyArray | undefined>, meta: string | undefined = META) {
  const members: Record<string, NpyArray | undefined> = {
    inputs: { dtype: 'uint8', shape: [4, 2], data: new Uint8Array(8) },
    labels: { dtype: 'int32', shape: [4], data: Int32Array.of(0, -1, 1, 0) },
    splits: { dtype: 'uint8', shape: [4], data: Uint8Array.of(1, 1, 3, 2) },
    ...changes,
  };
  const arrays = Object.entries(members).flatMap(([name, array]) =>
    array === undefined ? [] : [[name, array] as const],
  );
  return writeNpz(arrays, meta === '' ? [] : [['meta.json', meta]]);
}

function problemsOf(bytes: Uint8Array): string[] {
  try {
    parseDataset(bytes);
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    return err.problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  throw new Error('it was accepted');
}

describe('a data set file', () => {
  it('reads back as it was written, with uint8 and with float32 inputs', () => {
    for (const inputs of [PARTS.inputs, Float32Array.from(PARTS.inputs)]) {
      const bytes = encodeDataset({ ...PARTS, inputs });
      const { digest, ...rest } = parseDataset(bytes);
      expect(rest).toEqual({ ...PARTS, inputs });
      expect(digest).toBe(sha256Hex(bytes));
    }
  });

  it('has bytes that depend on its content only and never change', () => {
    expect(sha256Hex(encodeDataset(PARTS))).toBe(sha256Hex(encodeDataset({ ...PARTS })));
    expect(sha256Hex(encodeDataset(PARTS))).toBe(
      '8ede5760b22ab0248a705827b04783b402856dee449fdcc2635a4b484f8c3d5a',
    );
  });

  it('is refused under another digest, and the error names both digests', () => {
    const bytes = encodeDataset(PARTS);
    const digest = sha256Hex(bytes);
    expect(parseStoredDataset(bytes, digest).digest).toBe(digest);
    const other = 'ab'.repeat(32);
    expect(() => parseStoredDataset(bytes, other, 'pets')).toThrow(
      `pets: want SHA-256 ${other}, got ${digest}`,
    );
  });

  it('is refused when it is truncated', () => {
    const bytes = encodeDataset(PARTS);
    for (const length of [0, 10, bytes.length >> 1, bytes.length - 1]) {
      expect(problemsOf(bytes.subarray(0, length))[0]).toMatch(/not a zip archive, or a damaged/);
    }
  });

  const array = (dtype: NpyArray['dtype'], shape: number[], data: NpyArray['data']): NpyArray => ({
    dtype,
    shape,
    data,
  });
  it.each([
    ['no inputs', fileWith({ inputs: undefined }), 'inputs: is missing'],
    [
      'inputs of another type',
      fileWith({ inputs: array('float64', [4, 2], new Float64Array(8)) }),
      'inputs: is of type float64; want uint8 or float32',
    ],
    [
      'inputs of a shape that no sample has',
      fileWith({ inputs: array('uint8', [4, 2, 1], new Uint8Array(8)) }),
      'inputs: samples have shape [2,1]; want [height, width, channels] or [length]',
    ],
    [
      'an input that is not finite',
      fileWith({ inputs: array('float32', [4, 2], Float32Array.of(0, 0, 0, 0, 0, NaN, 0, 0)) }),
      'inputs: sample 2 holds NaN',
    ],
    [
      'labels of another type',
      fileWith({ labels: array('int64', [4], new BigInt64Array(4)) }),
      'labels: is of type int64; want int32',
    ],
    [
      'a label beyond the classes',
      fileWith({ labels: array('int32', [4], Int32Array.of(0, 0, 2, 0)) }),
      'labels: sample 2 has label 2; want a class from 0 to 1, or -1 for unlabelled',
    ],
    [
      'a label below -1',
      fileWith({ labels: array('int32', [4], Int32Array.of(0, -2, 1, 0)) }),
      'labels: sample 1 has label -2; want a class from 0 to 1, or -1 for unlabelled',
    ],
    [
      'too few labels',
      fileWith({ labels: array('int32', [3], Int32Array.of(0, 1, 0)) }),
      'labels: want 4, one a sample, got 3',
    ],
    [
      'too many splits',
      fileWith({ splits: array('uint8', [5], Uint8Array.of(1, 1, 1, 1, 1)) }),
      'splits: want 4, one a sample, got 5',
    ],
    [
      'a split that is none',
      fileWith({ splits: array('uint8', [4], Uint8Array.of(1, 0, 1, 1)) }),
      'splits: sample 1 has split 0; want 1 (train), 2 (validation) or 3 (test)',
    ],
    [
      'no train split',
      fileWith({ splits: array('uint8', [4], Uint8Array.of(2, 2, 3, 3)) }),
      'splits: the train split is empty',
    ],
    ['no meta.json', fileWith({}, ''), 'meta.json: is missing'],
    ['a meta.json that is none', fileWith({}, '{'), 'meta.json: is not JSON'],
    [
      'another format',
      fileWith({}, META.replace('v1', 'v2')),
      'meta.json: has format "lyceum.dev/dataset/v2"; want "lyceum.dev/dataset/v1"',
    ],
    [
      'a class without a name',
      fileWith({}, META.replace(',"dog"', '')),
      'classNames: want 2 names, got 1',
    ],
    [
      'one class',
      fileWith({}, META.replace('"classCount":2', '"classCount":1')),
      'classCount: must be a whole number from 2 to 65536, got 1',
    ],
    [
      'a scale of 0',
      fileWith({}, META.replace('"inputScale":1', '"inputScale":0')),
      'inputScale: must be greater than 0, got 0',
    ],
  ])('is refused with the faulty field named: %s', (_, bytes, problem) => {
    expect(problemsOf(bytes)).toContain(problem);
  });

  it('is refused with all problems at once', () => {
    const bytes = fileWith({ inputs: undefined, labels: undefined }, '[]');
    expect(problemsOf(bytes)).toHaveLength(3);
  });

  it('is not written when a label is out of range', () => {
    const labels = Int32Array.of(0, 7, 1, 0);
    expect(() => encodeDataset({ ...PARTS, labels })).toThrow(/sample 1 has label 7/);
  });
});

describe('splits and labels of a data set', () => {
  const dataset = parseStoredDataset(encodeDataset(PARTS));

  it('splitSamples lists the samples of a split in order and caches the list', () => {
    expect([...splitSamples(dataset, 'train')]).toEqual([0, 1]);
    expect([...splitSamples(dataset, 'validation')]).toEqual([3]);
    expect([...splitSamples(dataset, 'test')]).toEqual([2]);
    expect(splitSamples(dataset, 'test')).toBe(splitSamples(dataset, 'test'));
  });

  it('describeDataset counts samples and labels of each split', () => {
    expect(describeDataset(dataset)).toMatchObject({
      modalities: [{ sampleShape: [2, 1, 1], valueType: 'uint8' }],
      classCount: 2,
      splits: {
        train: { samples: 2, labelled: 1, byClass: [1, 0] },
        validation: { samples: 1, labelled: 1, byClass: [1, 0] },
        test: { samples: 1, labelled: 1, byClass: [0, 1] },
      },
    });
  });
});

it('describeDataset omits label counts by class above a thousand classes', () => {
  const classNames = Array.from({ length: 1001 }, (_, c) => String(c));
  const { splits } = describeDataset(
    parseStoredDataset(encodeDataset({ ...PARTS, classCount: 1001, classNames })),
  ) as { splits: { train: object } };
  expect(splits.train).toEqual({ samples: 2, labelled: 1 });
});

describe('labelledMask', () => {
  /** 900 train samples of class 0, 90 of class 1, 10 of class 2, 10 unlabelled; then one test sample of each class. */
  const sampleCount = 1013;
  const labels = Int32Array.from({ length: sampleCount }, (_, i) => {
    if (i >= 1010) return i - 1010;
    if (i >= 1000) return -1;
    return i < 900 ? 0 : i < 990 ? 1 : 2;
  });
  const dataset = parseDataset(
    encodeDataset({
      ...PARTS,
      sampleCount,
      sampleShape: [1],
      classCount: 3,
      classNames: ['a', 'b', 'c'],
      inputs: new Uint8Array(sampleCount),
      labels,
      splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i >= 1010 ? 3 : 1)),
    }),
  );
  const chosen = (count: number, seed = 1) => {
    const mask = labelledMask(dataset, { count, seed });
    return [...splitSamples(dataset, 'train')].filter((sample) => mask[sample] === 1);
  };
  const perClass = (samples: number[]) =>
    [0, 1, 2].map((label) => samples.filter((sample) => labels[sample] === label).length);

  it("keeps every label of the train split for 'all'", () => {
    const mask = labelledMask(dataset, 'all');
    expect(mask.filter((value) => value === 1)).toHaveLength(1003);
    expect(mask.subarray(1000, 1010)).toEqual(new Uint8Array(10));
  });

  it('gives each class one label first and the rest in proportion', () => {
    expect(perClass(chosen(3))).toEqual([1, 1, 1]);
    expect(perClass(chosen(1))).toEqual([1, 0, 0]);
    expect(perClass(chosen(100))).toEqual([90, 9, 1]);
    expect(perClass(chosen(1000))).toEqual([900, 90, 10]);
  });

  it('leaves validation and test labels as they are', () => {
    expect([...labelledMask(dataset, { count: 5, seed: 1 }).subarray(1010)]).toEqual([1, 1, 1]);
  });

  it('includes a smaller choice in a greater one, and depends on the seed', () => {
    expect(chosen(200)).toEqual(expect.arrayContaining(chosen(50)));
    expect(chosen(50, 2)).not.toEqual(chosen(50, 1));
    expect(chosen(50, 1)).toEqual(chosen(50, 1));
  });

  it('keeps the recorded choice of 8 labels for seed 1', () => {
    expect(chosen(8)).toEqual([362, 408, 453, 564, 599, 812, 924, 998]);
  });

  it('gives each label to the class with the greatest claim, the lowest of equal ones', () => {
    // Oracle: every class looked at for every label. Many sizes are equal, and one is 0.
    const sizes = [3, 0, 7, 7, 1, 3, 12, 7, 1, 3, 2, 12, 5];
    const own = sizes.flatMap((size, label) => new Array<number>(size).fill(label));
    const set = {
      ...dataset,
      sampleCount: own.length,
      classCount: sizes.length,
      labels: Int32Array.from(own),
      splits: new Uint8Array(own.length).fill(1),
    };
    const want = sizes.map(() => 0);
    for (let count = 1; count <= own.length; count++) {
      const claims = sizes.map((size, label) => {
        const has = want[label] as number;
        return has === 0 ? size * Number.MAX_SAFE_INTEGER : size ** 2 / (has * (has + 1));
      });
      const next = claims.indexOf(Math.max(...claims));
      want[next] = (want[next] as number) + 1;
      const mask = labelledMask(set, { count, seed: 1 });
      const got = sizes.map(
        (_, label) => own.filter((l, i) => l === label && mask[i] === 1).length,
      );
      expect(got).toEqual(want);
    }
  });

  it('refuses a count above the number of labelled samples', () => {
    expect(() => chosen(1001)).toThrow(
      /spec\.labels\.count: is 1001, and the train split has 1000 labelled samples/,
    );
  });
});

describe('a data set of texts', () => {
  const encoding = textEncoding({ buckets: 16 });
  const said = ['ab', 'ä', '', 'ab c'];
  const inputs = new Float32Array(said.flatMap((text) => [...encodeText(encoding, text)]));
  const texts = sampleTextsOf(said);
  const parts = { ...PARTS, inputs, inputScale: 1, sampleShape: [16], encoding, texts };

  it('reads back with its encoding and its texts', () => {
    const file = encodeDataset(parts);
    const { digest: _, ...rest } = parseDataset(file);
    expect(rest).toEqual(parts);
    expect(said.map((_, n) => sampleText(texts, n))).toEqual(said);
    expect(describeDataset(parseStoredDataset(file))).toMatchObject({
      modalities: [{ encoding: { ...encoding, digest: encodingDigest(encoding) } }],
    });
  });

  it.each<[object, string]>([
    [{ sampleShape: [4, 4, 1] }, 'encoding: gives 16 numbers, and samples have shape [4,4,1]'],
    [{ texts: sampleTextsOf(said.slice(1)) }, 'texts: want 4 texts, got 3'],
    [{ texts: { ...texts, ends: Uint32Array.of(2, 1, 4, 8) } }, 'texts: text 1 ends before it'],
    [{ texts: { ...texts, bytes: new Uint8Array(9) } }, 'texts: has 9 bytes, and the texts 8'],
  ])('is refused when it is written with %j', (change, problem) => {
    expect(() => encodeDataset({ ...parts, ...change })).toThrow(problem);
  });

  it.each<[object, string]>([
    [{ kind: 'words' }, 'meta.json.encoding: kind must be "text"'],
    [{ version: 2 }, 'meta.json.encoding.version: must be 1, got 2'],
    [{ colour: 'red' }, 'meta.json.encoding.colour: is not known'],
    [{ buckets: '16' }, 'meta.json.encoding.buckets: must be a whole number'],
  ])('is refused when it is read with the encoding %j', (change, problem) => {
    const meta = { ...JSON.parse(META), encoding: { ...encoding, ...change } };
    const broken = fileWith({}, JSON.stringify(meta));
    expect(problemsOf(broken)).toEqual([expect.stringContaining(problem)]);
  });

  it('is refused with texts but no text ends', () => {
    const lone = fileWith({ texts: { dtype: 'uint8', shape: [2], data: Uint8Array.of(1, 2) } });
    expect(problemsOf(lone)).toContain('textEnds: is missing');
  });
});

describe('a data set of a table', () => {
  const columns = [
    { name: 'town', kind: 'category' },
    { name: 'age', kind: 'number' },
    { name: 'a b', kind: 'category' },
  ] as const;
  const towns = ['Ulm', '', 'Łódź', ' x'];
  const others = ['1', '2', '3', '4'];
  const cells = {
    numbers: Float64Array.of(0.1, Number.NaN, -3, 1e300),
    categories: sampleTextsOf(towns.flatMap((town, n) => [town, others[n] as string])),
  };
  const inputs = Float32Array.of(1, 2, 3, 4);
  const parts = { ...PARTS, inputs, inputScale: 1, sampleShape: [1], columns, cells };

  it('reads back with its columns and their cells', () => {
    const { digest: _, ...rest } = parseDataset(encodeDataset(parts));
    expect(rest).toEqual(parts);
    const all = columnCells(columns, cells).map(({ at }) =>
      [0, 1, 2, 3].map((sample) => at(sample)),
    );
    expect(all).toEqual([towns, [...cells.numbers], others]);
  });

  it('keeps no memory of its cells after withoutRaw', () => {
    const { columns: _, cells: __, ...numbers } = parts;
    const { digest: ___, ...left } = withoutRaw(parseDataset(encodeDataset(parts)));
    expect(left).toEqual(numbers);
    const buffers = [left.inputs, left.labels, left.splits].map(({ buffer }) => buffer.byteLength);
    expect(buffers).toEqual([16, 16, 4]);
  });

  it('stores no category array when all columns are numbers', () => {
    const categories = sampleTextsOf([]);
    const one = { ...parts, columns: columns.slice(1, 2), cells: { ...cells, categories } };
    const file = encodeDataset(one);
    expect(file.includes('categories')).toBe(false);
    expect(parseDataset(file)).toMatchObject({ columns: one.columns, cells: one.cells });
  });

  it.each<[object, string]>([
    [{ columns: undefined }, 'numbers: want columns with their cells, or neither'],
    [{ cells: undefined }, 'numbers: want columns with their cells, or neither'],
    [{ columns: [], cells: undefined }, 'columns: there are none'],
    [{ columns: [...columns.slice(0, 2), columns[0]] }, 'columns: "town" is there twice'],
    [{ cells: { ...cells, numbers: new Float64Array(3) } }, 'numbers: want 4 numbers, got 3'],
    [
      { cells: { ...cells, numbers: Float64Array.of(0, 1, Number.NEGATIVE_INFINITY, 2) } },
      'numbers: number 2 is -Infinity',
    ],
    [{ cells: { ...cells, categories: sampleTextsOf(towns) } }, 'numbers: want 8 texts, got 4'],
  ])('is refused when it is written with %j', (change, problem) => {
    expect(() => encodeDataset({ ...parts, ...change })).toThrow(problem);
  });

  it.each<[unknown, string]>([
    [{}, 'meta.json: columns must be a list of names, each with the kind'],
    [[{ name: 'age', kind: 'date' }], 'meta.json: columns must be a list of names, each with'],
    [[{ name: 'age', kind: 'number' }], 'numbers: is missing'],
    [[{ name: 'town', kind: 'category' }], 'categories: is missing'],
  ])('is refused when meta.json has columns %j', (own, problem) => {
    const meta = { ...JSON.parse(META), columns: own };
    expect(problemsOf(fileWith({}, JSON.stringify(meta)))).toContainEqual(
      expect.stringContaining(problem),
    );
  });

  it('is refused with numbers whose shape is not [samples, columns]', () => {
    const meta = { ...JSON.parse(META), columns: [{ name: 'age', kind: 'number' }] };
    const numbers: NpyArray = { dtype: 'float64', shape: [2, 2], data: new Float64Array(4) };
    expect(problemsOf(fileWith({ numbers }, JSON.stringify(meta)))).toEqual([
      'numbers: has shape [2,2]; want [samples, 1]',
    ]);
  });

  it('is refused with cells of columns that meta.json does not name', () => {
    const numbers: NpyArray = { dtype: 'float64', shape: [4], data: new Float64Array(4) };
    expect(problemsOf(fileWith({ numbers }))).toEqual([
      'numbers: belongs to no modality or columns that meta.json names',
    ]);
  });
});
