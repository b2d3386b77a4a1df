/**
 * Reads archives that NumPy 2.4.6 wrote (fixtures/numpy-*.npz, `savez` and `savez_compressed`), writes and reads
 * back, and damages archives byte by byte.
 */
import { readFileSync } from 'node:fs';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { type NpyArray, readNpy, writeNpy } from '../../../src/files/numpy/npy.js';
import { FOREIGN_NPZ_LIMITS, readNpz, writeNpz } from '../../../src/files/numpy/npz.js';
import { writeZip } from '../../../src/files/zip/zip.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

const ARRAYS: readonly [string, NpyArray][] = [
  ['f4', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -2.25, 3, 4) }],
  ['f8', { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, 1e300) }],
  ['u1', { dtype: 'uint8', shape: [1, 2, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 5) }],
  ['i4', { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2147483647) }],
  ['i8', { dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 9007199254740993n) }],
  ['u4', { dtype: 'uint32', shape: [1], data: Uint32Array.of(4294967295) }],
  ['scalar', { dtype: 'float32', shape: [], data: Float32Array.of(7) }],
];

describe('readNpz', () => {
  it.each(['numpy-stored.npz', 'numpy-compressed.npz'])('reads what NumPy wrote: %s', (name) => {
    expect(readNpz(fixture(name), name, FOREIGN_NPZ_LIMITS)).toEqual(new Map(ARRAYS));
  });

  it('refuses compressed arrays by default', () => {
    const bytes = fixture('numpy-compressed.npz');
    expect(() => readNpz(bytes, 'x.npz')).toThrow(
      /x\.npz: f4\.npy is compressed; want members stored/,
    );
  });

  it.each(['numpy-stored.npz', 'numpy-compressed.npz'])(
    'refuses %s with any one byte changed, or reads the same arrays',
    (name) => {
      const bytes = fixture(name);
      const want = new Map(ARRAYS);
      let refusedCount = 0;
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
        try {
          expect(readNpz(flipped, 'x.npz', FOREIGN_NPZ_LIMITS)).toEqual(want);
        } catch (err) {
          if (!(err instanceof LyceumError)) throw err;
          refusedCount += 1;
        }
      }
      expect(refusedCount).toBeGreaterThan(bytes.length / 2);
    },
  );

  it('reads what writeNpz wrote, without the text members', () => {
    const bytes = writeNpz(ARRAYS, [['meta.json', '{}']]);
    expect(readNpz(bytes)).toEqual(new Map(ARRAYS));
  });

  it('reads from bytes at any offset of their buffer', () => {
    const bytes = writeNpz(ARRAYS);
    for (const offset of [1, 2, 3, 4]) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      expect(readNpz(moved.subarray(offset))).toEqual(new Map(ARRAYS));
    }
  });

  it('refuses every truncated archive as damaged', () => {
    const bytes = writeNpz(ARRAYS.slice(0, 2));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => readNpz(bytes.subarray(0, length), 'x.npz')).toThrow(
        /x\.npz: not a zip archive, or a damaged one/,
      );
    }
  });

  it('names the array that is damaged', () => {
    const members = new Map([['labels.npy', Buffer.from('not an array at all')]]);
    expect(() => readNpz(writeZip(members), 'x.npz')).toThrow('x.npz, labels: not an NPY array');
  });
});

describe('writeNpz', () => {
  it('gives the same bytes for any order of arrays and at any time', () => {
    const bytes = writeNpz(ARRAYS, [['meta.json', '{}']]);
    expect(writeNpz([...ARRAYS].reverse(), [['meta.json', '{}']]).equals(bytes)).toBe(true);
    // DOS date of the first member: 1980-01-01.
    expect(bytes.readUInt16LE(12)).toBe((1 << 5) | 1);
  });

  it('refuses values that do not fill their shape', () => {
    const array: NpyArray = { dtype: 'uint8', shape: [3], data: Uint8Array.of(1) };
    expect(() => writeNpz([['a', array]])).toThrow(/shape \[3\] has 3 elements, and 1 are given/);
  });
});

describe('readNpy', () => {
  const good = writeNpy({ dtype: 'int32', shape: [2, 3], data: new Int32Array(6) });
  const edited = (from: string, to: string) =>
    Buffer.from(good.toString('latin1').replace(from, to.padEnd(from.length)), 'latin1');

  it('shares the memory of its input where alignment allows it', () => {
    const bytes = new Uint8Array(new ArrayBuffer(good.length));
    bytes.set(good);
    expect(readNpy(bytes, 'a').data.buffer).toBe(bytes.buffer);
  });

  it('reads arrays of writeNpy, whose values start at a multiple of 64 bytes', () => {
    expect((good.length - 24) % 64).toBe(0);
  });

  it.each([
    ['a foreign type', edited("'<i4'", "'<c8'"), /values are of type <c8; want one of float32/],
    ['big-endian values', edited("'<i4'", "'>i4'"), /values are of type >i4/],
    ['records', edited("'<i4'", '[ ] '), /values are of type unknown/],
    ['column order', edited('False', 'True'), /column \(Fortran\) order/],
    ['too few values', good.subarray(0, -1), /shape \[2,3\] of int32 needs 24 bytes, and 23 are/],
    ['too many values', Buffer.concat([good, Buffer.alloc(1)]), /and 25 are there/],
    ['no shape', edited("'shape'", "'shap'"), /header cannot be read/],
    ['a header that never ends', good.subarray(0, 40), /header cannot be read/],
    ['another file', Buffer.from('PK and so on, and on'), /not an NPY array/],
    ['nothing', Buffer.alloc(0), /not an NPY array/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'a')).toThrow(message);
  });
});
