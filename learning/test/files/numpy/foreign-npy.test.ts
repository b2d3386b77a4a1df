/** Arrays as NumPy writes them: a header written by hand, and the bytes of the values in the order of its type. */
import { expect, test } from 'vitest';
import { writeZip } from '../../../src/files/index.js';
import { readForeignNpy } from '../../../src/files/numpy/foreign-npy.js';
import { importNpz } from '../../../src/import/arrays/import-npz.js';

function npy(
  descriptor: string,
  shape: readonly number[],
  values: readonly number[],
  isFortran = false,
): Buffer {
  const tuple = `(${shape.join(', ')},)`;
  const order = isFortran ? 'True' : 'False';
  const text = `{'descr': '${descriptor}', 'fortran_order': ${order}, 'shape': ${tuple}, }`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  return Buffer.concat([start, Buffer.from(text), Buffer.from(values)]);
}

test.each([
  // type, bytes, values
  ['|b1', [0, 1], [0, 1]],
  ['|i1', [1, 255], [1, -1]],
  ['<i2', [1, 0, 255, 255], [1, -1]],
  ['>i2', [0, 1, 255, 255], [1, -1]],
  ['<u2', [1, 0, 255, 255], [1, 65_535]],
  ['>i4', [0, 0, 0, 1, 255, 255, 255, 255], [1, -1]],
  ['>i8', [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1n, 256n]],
  ['<u8', [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [1n, 256n]],
  ['<f2', [0x00, 0x3c, 0x00, 0xc0], [1, -2]],
  ['>f4', [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], [1, -2]],
  ['>f8', [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1, -2]],
  ['<i4', [1, 0, 0, 0, 255, 255, 255, 255], [1, -1]],
] as const)('readForeignNpy reads values of type %s', (descriptor, bytes, values) => {
  expect([...readForeignNpy(npy(descriptor, [2], bytes), 'array').data]).toEqual(values);
});

test('readForeignNpy refuses a wrong length, and types other than numbers of at most 64 bits', () => {
  const read = (descriptor: string, bytes: number[]) => () =>
    readForeignNpy(npy(descriptor, [2], bytes), 'array');
  expect(read('<f2', [0, 0, 0])).toThrow('array: shape [2] of <f2 needs 4 bytes, and 3 are there');
  expect(read('<c8', [])).toThrow('array: values are of type complex64; want numbers');
  expect(read('<f16', [])).toThrow('values are of type float128; want numbers of at most 64 bits');
});

test('importNpz accepts inputs of float16 or bool, and labels of 16 bits', () => {
  const set = (inputs: Buffer) =>
    importNpz(
      writeZip(
        new Map([
          ['inputs.npy', inputs],
          ['labels.npy', npy('<i2', [2], [1, 0, 0, 0])],
          ['splits.npy', npy('|i1', [2], [1, 3])],
        ]),
      ),
    ).parts;
  const halves = set(npy('<f2', [2, 1], [0x00, 0x3c, 0x00, 0xc0]));
  expect([...halves.labels]).toEqual([1, 0]);
  expect([...halves.modalities.values()]).toMatchObject([
    { inputs: Float32Array.of(1, -2), inputScale: 1 },
  ]);
  expect([...set(npy('|b1', [2, 1], [1, 0])).modalities.values()]).toMatchObject([
    { inputs: Float32Array.of(1, 0), inputScale: 1 },
  ]);
});

test('readForeignNpy reads an array in column (Fortran) order row by row', () => {
  const shape = [2, 3, 4];
  // Entry [i, j, k] is 12i + 4j + k; the first index runs fastest.
  const values = [];
  for (let k = 0; k < 4; k++)
    for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) values.push(12 * i + 4 * j + k);
  const inOrder = Array.from({ length: 24 }, (_, n) => n);
  for (const descriptor of ['|u1', '|i1']) {
    const { data } = readForeignNpy(npy(descriptor, shape, values, true), 'array');
    expect([...data]).toEqual(inOrder);
  }
});

test('importNpz accepts whole floats as labels, and names the type of other labels', () => {
  const labels = (array: Buffer) => {
    const inputs = npy('|u1', [2, 1], [1, 2]);
    const splits = npy('|u1', [2], [1, 3]);
    const members = { 'x.npy': inputs, 'y.npy': array, 'splits.npy': splits };
    return importNpz(writeZip(new Map(Object.entries(members)))).parts.labels;
  };
  expect([...labels(npy('<f2', [2], [0x00, 0x3c, 0, 0]))]).toEqual([1, 0]);
  expect(() => labels(npy('<f2', [2], [0x00, 0x38, 0, 0]))).toThrow(
    /y: is of type float16; want w/,
  );
  expect(() => labels(npy('|O', [2], []))).toThrow(
    /type object, as NumPy pickles .*or names as texts: y\.astype\('str'\)/,
  );
  expect(() => labels(npy('|u1', [2, 2], [1, 0, 0, 1]))).toThrow(/as argmax\(1\) makes of one-hot/);
});

test('importNpz of a zip without arrays says what the zip holds', () => {
  const zip = writeZip(new Map([['train.csv', Buffer.from('x,label')]]));
  expect(() => importNpz(zip)).toThrow(
    /is a zip without arrays; it holds "train\.csv"\. Unpack it/,
  );
});
