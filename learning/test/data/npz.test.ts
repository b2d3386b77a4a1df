/**
 * Reads archives that NumPy 2.4.6 wrote (fixtures/numpy-*.npz, `savez` and `savez_compressed`), writes and reads
 * back, and damages archives byte by byte. Limits are tested with small limits on real archives.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from '../../src/data/index.js';
import { readZip, writeZip } from '../../src/data/zip.js';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

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
    expect(readNpz(fixture(name))).toEqual(new Map(ARRAYS));
  });

  it('reads what writeNpz wrote, and leaves texts out', () => {
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

  it('refuses every shortened archive, saying what it is', () => {
    const bytes = writeNpz(ARRAYS.slice(0, 2));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => readNpz(bytes.subarray(0, length), 'x.npz')).toThrow(
        /x\.npz: not a zip archive, or a damaged one/,
      );
    }
  });

  it('names the array that is wrong', () => {
    const members = new Map([['labels.npy', Buffer.from('not an array at all')]]);
    expect(() => readNpz(writeZip(members), 'x.npz')).toThrow('x.npz, labels: not an NPY array');
  });
});

describe('writeNpz', () => {
  it('gives the same bytes whatever the order and the time', () => {
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

  it('shares the bytes that it reads where alignment allows it', () => {
    const bytes = new Uint8Array(new ArrayBuffer(good.length));
    bytes.set(good);
    expect(readNpy(bytes, 'a').data.buffer).toBe(bytes.buffer);
  });

  it('starts values at a multiple of 64 bytes', () => {
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

describe('readZip', () => {
  const limits = { maxMembers: 2, maxBytes: 100 };
  const of = (...sizes: number[]) =>
    writeZip(new Map(sizes.map((size, i) => [`m${i}`, new Uint8Array(size)])));

  it('takes what is within the limits', () => {
    expect([...readZip(of(50, 50), limits, 'x').keys()]).toEqual(['m0', 'm1']);
  });

  it('refuses too many members, and too many bytes by what the archive says', () => {
    expect(() => readZip(of(1, 1, 1), limits, 'x')).toThrow('x: has more than 2 members');
    expect(() => readZip(of(50, 51), limits, 'x')).toThrow(/unpacks to 101 bytes or more/);
    // The size is a claim in the directory: raise it, and nothing is allocated for it.
    const bomb = of(10);
    bomb.writeUInt32LE(0xfffffff0, bomb.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    expect(() => readZip(bomb, limits, 'x')).toThrow(/unpacks to 4294967280 bytes or more/);
  });

  it('refuses a member that is not as long as the archive says', () => {
    const bytes = of(10);
    bytes.writeUInt32LE(20, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    expect(() => readZip(bytes, limits, 'x')).toThrow('x: m0 should have 20 bytes, and has 10');
  });

  it('refuses two members of one name', () => {
    const bytes = Buffer.from(of(1, 1).toString('latin1').replaceAll('m1', 'm0'), 'latin1');
    expect(() => readZip(bytes, limits, 'x')).toThrow('x: has two members named m0');
  });
});
