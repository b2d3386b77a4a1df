/** Arrays as NumPy writes them, with a header by hand and the values' bytes in the order of the descriptor. */
import { expect, test } from 'vitest';
import { writeZip } from '../../../src/files/index.js';
import { readForeignNpy } from '../../../src/import/arrays/foreign-npy.js';
import { importNpz } from '../../../src/import/arrays/import-npz.js';

function npy(descriptor: string, shape: readonly number[], values: readonly number[]): Buffer {
  const tuple = `(${shape.join(', ')},)`;
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${tuple}, }`;
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
] as const)('values of type %s', (descriptor, bytes, values) => {
  expect([...readForeignNpy(npy(descriptor, [2], bytes), 'array').data]).toEqual(values);
});

test('a wrong length and a type without numbers are refused', () => {
  const read = (descriptor: string, bytes: number[]) => () =>
    readForeignNpy(npy(descriptor, [2], bytes), 'array');
  expect(read('<f2', [0, 0, 0])).toThrow('array: shape [2] of <f2 needs 4 bytes, and 3 are there');
  expect(read('<c8', [])).toThrow('array: values are of type <c8; want one of float32');
});

test('inputs of float16 or truth values and labels of 16 bits make a set', () => {
  const set = (inputs: Buffer) =>
    importNpz(
      writeZip(
        new Map([
          ['inputs.npy', inputs],
          ['labels.npy', npy('<i2', [2], [1, 0, 0, 0])],
          ['splits.npy', npy('|i1', [2], [1, 3])],
        ]),
      ),
    );
  const halves = set(npy('<f2', [2, 1], [0x00, 0x3c, 0x00, 0xc0]));
  expect([...halves.labels]).toEqual([1, 0]);
  expect([...halves.modalities.values()]).toMatchObject([
    { inputs: Float32Array.of(1, -2), inputScale: 1 },
  ]);
  expect([...set(npy('|b1', [2, 1], [1, 0])).modalities.values()]).toMatchObject([
    { inputs: Float32Array.of(1, 0), inputScale: 1 },
  ]);
});
