/** Files of writeNpz read in parts, compared with the same file read whole; then damaged files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readNpz, writeNpz } from '../../../src/files/numpy/npz.js';
import { NpzOnDisk } from '../../../src/files/numpy/npz-on-disk.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'npz-on-disk-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const FILE = writeNpz(
  [
    [
      'floats',
      { dtype: 'float32', shape: [5, 3], data: Float32Array.from({ length: 15 }, Math.sin) },
    ],
    ['bytes', { dtype: 'uint8', shape: [3, 2, 1], data: Uint8Array.of(1, 2, 3, 4, 5, 6) }],
    ['none', { dtype: 'int32', shape: [0], data: new Int32Array(0) }],
  ],
  [['meta.json', '{"a":1}']],
);

function opened(bytes: Uint8Array): NpzOnDisk {
  const path = join(FOLDER, 'file.npz');
  writeFileSync(path, bytes);
  return new NpzOnDisk(path, 'it');
}

test('NpzOnDisk reads any rows as in the whole array', () => {
  const file = opened(FILE);
  for (const [name, { dtype, shape, data }] of readNpz(FILE)) {
    const array = file.array(name);
    expect(array).toMatchObject({ dtype, shape });
    const [count = 0] = shape;
    const width = count === 0 ? 0 : data.length / count;
    for (let first = 0; first <= count; first++) {
      for (let end = first; end <= count; end++) {
        const rows = [...(array?.rows(first, end) ?? [])];
        expect(rows).toEqual([...data].slice(first * width, end * width));
      }
    }
    expect(() => array?.rows(0, count + 1)).toThrow(RangeError);
  }
  expect(file.names).toEqual(['bytes', 'floats', 'none']);
  expect(file.array('other')).toBeUndefined();
  expect(file.member('meta.json')?.toString()).toBe('{"a":1}');
  file.close();
});

test('NpzOnDisk opens a file longer than the part that is searched for the end record', () => {
  const large = writeNpz([
    ['x', { dtype: 'uint8', shape: [200_000], data: new Uint8Array(200_000).fill(7) }],
  ]);
  const file = opened(large);
  expect([...(file.array('x')?.rows(199_998, 200_000) ?? [])]).toEqual([7, 7]);
  file.close();
});

test.each<[string, Uint8Array, string]>([
  ['no archive', Buffer.from('what is this'), 'it: not a zip archive'],
  ['one that was cut off', FILE.subarray(0, -30), 'it: not a zip archive'],
  ['one whose beginning is missing', FILE.subarray(100), 'it: not a zip archive'],
])('NpzOnDisk refuses %s', (_, bytes, message) => {
  expect(() => opened(bytes)).toThrow(message);
});

test('NpzOnDisk refuses a damaged array and names it', () => {
  const at = FILE.indexOf('\x93NUMPY', 0, 'latin1');
  const damaged = Buffer.from(FILE);
  damaged[at] = 0;
  const file = opened(damaged);
  expect(() => file.array('bytes')).toThrow('it, bytes: not an NPY array');
  file.close();
});
