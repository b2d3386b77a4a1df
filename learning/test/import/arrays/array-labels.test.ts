/** Classes and splits of NPZ and IDX sets: numbers, numbers with given names, and names that NumPy saved as texts. */
import { expect, test } from 'vitest';
import { writeZip } from '../../../src/files/index.js';
import { importIdx } from '../../../src/import/arrays/import-idx.js';
import { importNpz } from '../../../src/import/arrays/import-npz.js';

function npy(descriptor: string, shape: readonly number[], values: Uint8Array): Buffer {
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  return Buffer.concat([start, Buffer.from(text), values]);
}

/** Texts as NumPy saves them: each padded with zeros to the length of the longest. */
function texts(values: readonly string[], kind: '<U' | '>U' | '|S'): Buffer {
  const isBytes = kind === '|S';
  const rows = values.map((value) => {
    if (isBytes) return Buffer.from(value);
    const row = Buffer.alloc(4 * [...value].length);
    for (const [n, character] of [...value].entries()) {
      const code = character.codePointAt(0) as number;
      if (kind === '<U') row.writeUInt32LE(code, 4 * n);
      else row.writeUInt32BE(code, 4 * n);
    }
    return row;
  });
  const width = Math.max(...rows.map((row) => row.length));
  const padded = rows.map((row) => Buffer.concat([row, Buffer.alloc(width - row.length)]));
  const letters = isBytes ? width : width / 4;
  return npy(`${kind}${letters}`, [values.length], Buffer.concat(padded));
}

const bytes = (...values: number[]) => npy('|u1', [values.length], Uint8Array.from(values));
const x = npy('|u1', [4, 1], Uint8Array.of(1, 2, 3, 4));
const splits = bytes(1, 1, 2, 3);

const set = (members: Record<string, Buffer>, classes?: readonly string[]) => {
  const files = Object.entries(members).map(([name, file]) => [`${name}.npy`, file] as const);
  const given = classes && { names: classes, order: 'as given' };
  const { parts, classOrder } = importNpz(writeZip(new Map(files)), { classes: given });
  const { labels, classNames, classCount } = parts;
  return { labels: [...labels], classNames, classCount, classOrder };
};

test.each(['<U', '>U', '|S'] as const)('importNpz reads class names stored as %s', (kind) => {
  const y = texts(['Möwe', 'gull', '', 'Möwe'], kind);
  expect(set({ x, y, splits })).toEqual({
    labels: [0, 1, -1, 0],
    classNames: ['Möwe', 'gull'],
    classCount: 2,
    classOrder: 'sorted as strings',
  });
});

test('importNpz keeps the order of given classes, and refuses a label that is not among them', () => {
  const y = texts(['b', 'a', 'b', 'a'], '<U');
  expect(set({ x, y, splits }, ['b', 'c', 'a'])).toEqual({
    labels: [0, 2, 0, 2],
    classNames: ['b', 'c', 'a'],
    classCount: 3,
    classOrder: 'as given',
  });
  expect(() => set({ x, y, splits }, ['b', 'c'])).toThrow(
    /y: has label "a", which is not among the given classes/,
  );
});

test('importNpz and importIdx name numeric labels by the given classes', () => {
  const y = bytes(1, 0, 1, 0);
  expect(set({ x, y, splits }, ['gull', 'tern', 'auk'])).toMatchObject({
    labels: [1, 0, 1, 0],
    classNames: ['gull', 'tern', 'auk'],
    classOrder: 'as given',
  });
  expect(() => set({ x, y: bytes(1, 0, 2, 0), splits }, ['gull', 'tern'])).toThrow(
    /labels: sample 2 has label 2; want a class from 0 to 1/,
  );
  const idx = (values: number[], ...shape: number[]) =>
    Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...values]);
  const files = { images: idx([1, 2, 3, 4], 4, 1), labels: idx([0, 1, 0, 1], 4) };
  const given = { names: ['gull', 'tern'], order: 'as given' };
  expect(importIdx(files, { classes: given })).toMatchObject({
    parts: { classCount: 2, classNames: ['gull', 'tern'] },
    classOrder: 'as given',
  });
});

test('importNpz joins the classes of arrays of single splits', () => {
  const part = (values: number[]) => npy('|u1', [values.length, 1], Uint8Array.from(values));
  const arrays = {
    x_train: part([1, 2, 3]),
    y_train: texts(['tern', 'auk', 'tern'], '<U'),
    x_test: part([4, 5]),
    y_test: texts(['gull', 'tern'], '|S'),
  };
  const { labels, classNames } = set(arrays);
  expect(classNames).toEqual(['auk', 'gull', 'tern']);
  expect(labels).toEqual([2, 0, 2, 1, 2]);
  expect(() => set({ ...arrays, y_test: bytes(0, 1) })).toThrow(
    /y_test: has numbers of classes, and another array names/,
  );
});

test('importNpz takes splits that are names, in any of the words for them', () => {
  const files = (names: readonly string[]) => {
    const members = { 'x.npy': x, 'y.npy': bytes(0, 1, 0, 1), 'splits.npy': texts(names, '<U') };
    return writeZip(new Map(Object.entries(members)));
  };
  const { parts, splitSource } = importNpz(files(['test', 'Train', 'val', 'training']));
  expect([...parts.splits]).toEqual([3, 1, 2, 1]);
  expect(splitSource).toBe('as in the source');
  expect(() => importNpz(files(['test', 'train', 'holdout', 'train']))).toThrow(
    /splits: entry 2 is "holdout"; want train, validation, test/,
  );
});

test('importNpz refuses labels that are no valid texts, and names the entry', () => {
  const y = (descriptor: string, ...values: number[]) =>
    npy(descriptor, [4], Uint8Array.from(values));
  const read = (labels: Buffer) => () => set({ x, y: labels, splits });
  expect(read(y('|S1', 97, 98, 0xff, 97))).toThrow(/y: entry 2 is no text/);
  const beyond = [97, 0, 0, 0, 0, 0, 0x11, 0, 97, 0, 0, 0, 98, 0, 0, 0];
  expect(read(y('<U1', ...beyond))).toThrow(/y: entry 1 is no text/);
  expect(read(y('|S1', 97, 98, 10, 97))).toThrow(/y: label "\\n" holds a control character/);
  expect(read(y('<U1', 97))).toThrow(/y: array: shape \[4\] of <U1 needs 16 bytes, and 1 are/);
  // Texts of length 0 take no bytes, so a header may claim any number of them.
  expect(read(npy('<U0', [4e9], Buffer.alloc(0)))).toThrow(/values are of type text \(<U0\)/);
  const long = npy('|S5000', [4], Buffer.alloc(20_000, 'a'));
  expect(read(long)).toThrow(/y: entry 0 has 5000 bytes of text; at most 4096/);
  expect(read(npy('|S1', [4, 2], Buffer.from('aabbaabb')))).toThrow(/has shape \[4,2\]; want one/);
});
