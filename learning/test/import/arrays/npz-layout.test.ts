/** Array names as people and libraries give them, in real archives whose parts are known. */
import { describe, expect, it } from 'vitest';
import type { NpyArray } from '../../../src/files/numpy/npy.js';
import { writeNpz } from '../../../src/files/numpy/npz.js';
import { importNpz } from '../../../src/import/arrays/import-npz.js';

/** n samples of two numbers, each `value`. */
const samples = (n: number, value: number): NpyArray => ({
  dtype: 'float32',
  shape: [n, 2],
  data: new Float32Array(2 * n).fill(value),
});
const labels = (n: number): NpyArray => ({
  dtype: 'int64',
  shape: [n],
  data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i % 2)),
});

const imported = (arrays: Record<string, NpyArray>) =>
  importNpz(writeNpz(Object.entries(arrays))).parts;
const splitsOf = (arrays: Record<string, NpyArray>) => [...imported(arrays).splits].join('');

describe('importNpz with all samples in one array', () => {
  it.each([
    ['inputs', 'labels'],
    ['X', 'y'],
    ['x', 'Y'],
    ['images', 'labels'],
    ['image', 'label'],
    ['data', 'target'],
    ['features', 'targets'],
    ['Data', 'Classes'],
  ])('reads the arrays %s and %s', (inputs, own) => {
    const parts = imported({ [inputs]: samples(20, 1), [own]: labels(20) });
    const want = imported({ inputs: samples(20, 1), labels: labels(20) });
    expect(parts).toEqual(want);
  });

  it.each(['splits', 'split', 'Split'])('reads splits from the array %s', (name) => {
    const data = Uint8Array.from({ length: 20 }, (_, i) => (i % 3) + 1);
    const splits: NpyArray = { dtype: 'uint8', shape: [20], data };
    expect(imported({ x: samples(20, 1), y: labels(20), [name]: splits }).splits).toEqual(data);
  });

  it('ignores other arrays of any type', () => {
    const odd: NpyArray = { dtype: 'int32', shape: [], data: Int32Array.of(1) };
    const archive = { x: samples(20, 1), y: labels(20), version: odd, 'class-names': odd };
    expect(imported(archive).sampleCount).toBe(20);
  });
});

describe('importNpz with an array per split', () => {
  it.each([
    ['x_train', 'y_train', 'x_val', 'y_val', 'x_test', 'y_test'],
    ['train_x', 'train_y', 'valid_x', 'valid_y', 'test_x', 'test_y'],
    ['X_train', 'Y_train', 'X_dev', 'Y_dev', 'X_test', 'Y_test'],
    ['train_images', 'train_labels', 'val_images', 'val_labels', 'test_images', 'test_labels'],
    ['trainX', 'trainY', 'validationX', 'validationY', 'testX', 'testY'],
    [
      'data.train',
      'target.train',
      'data.validation',
      'target.validation',
      'data.test',
      'target.test',
    ],
  ])('reads the arrays %s, %s, %s, %s, %s and %s', (x, y, xVal, yVal, xTest, yTest) => {
    const parts = imported({
      [xTest]: samples(3, 3),
      [yTest]: labels(3),
      [x]: samples(6, 1),
      [y]: labels(6),
      [xVal]: samples(2, 2),
      [yVal]: labels(2),
    });
    expect([...parts.splits].join('')).toBe('11111122333');
    const [inputs] = [...parts.modalities.values()].map((modality) => modality.inputs);
    expect([...(inputs ?? [])].filter((_, i) => i % 2 === 0).join('')).toBe('11111122333');
    expect([...parts.labels].join('')).toBe('01010101010');
  });

  it('draws missing splits from train like the splits of a whole set', () => {
    const whole = splitsOf({ x: samples(20, 1), y: labels(20) });
    expect(splitsOf({ x_train: samples(20, 1), y_train: labels(20) })).toBe(whole);
    const test = { x_test: samples(4, 1), y_test: labels(4) };
    const validation = { x_val: samples(4, 1), y_val: labels(4) };
    const train = { x_train: samples(20, 1), y_train: labels(20) };
    expect(splitsOf({ ...train, ...test }).replaceAll(/[^2]/g, '')).toBe('22');
    expect(splitsOf({ ...train, ...validation }).replaceAll(/[^3]/g, '')).toBe('3333');
  });
});

describe('importNpz refuses arrays that do not fit together', () => {
  it.each([
    [
      'no labels',
      { x: samples(4, 1) },
      /labels: is missing\. The arrays are: x\. Want inputs \[N, …\], labels \[N\] and perhaps splits \[N\] \(1 train, 2 validation, 3 test\); or x_train/,
    ],
    ['no inputs', { y: labels(4) }, /inputs: is missing/],
    ['nothing known', { a: samples(4, 1), b: labels(4) }, /The arrays are: a, b\./],
    [
      'two of one meaning',
      { x: samples(4, 1), images: samples(4, 1), y: labels(4) },
      /x: and images could both be the inputs/,
    ],
    ['test alone', { x_test: samples(4, 1), y_test: labels(4) }, /x_train: is missing/],
    [
      'half a split',
      { x_train: samples(4, 1), y_train: labels(4), x_val: samples(4, 1) },
      /y_validation: is missing/,
    ],
    [
      'both layouts',
      { x_train: samples(4, 1), y_train: labels(4), y: labels(4) },
      /y: is there beside arrays of single splits/,
    ],
    [
      'other counts',
      { x_train: samples(4, 1), y_train: labels(5) },
      /y_train: has 5 entries, and x_train has 4 samples/,
    ],
    [
      'other shapes',
      {
        x_train: samples(4, 1),
        y_train: labels(4),
        x_test: { dtype: 'float32', shape: [4, 3], data: new Float32Array(12) },
        y_test: labels(4),
      },
      /x_test: has samples of shape \[3\], x_train \[2\]/,
    ],
    [
      'other types',
      {
        x_train: samples(4, 1),
        y_train: labels(4),
        x_test: { dtype: 'uint8', shape: [4, 2], data: new Uint8Array(8) },
        y_test: labels(4),
      },
      /x_test: is of another type than x_train/,
    ],
    [
      'splits of floats',
      { x: samples(4, 1), y: labels(4), splits: samples(4, 1) },
      /splits: has shape \[4,2\]/,
    ],
    [
      'splits that are no whole numbers',
      {
        x: samples(4, 1),
        y: labels(4),
        splits: { dtype: 'float32', shape: [4], data: new Float32Array(4) },
      },
      /splits: is of type float32; want whole numbers: 1 train, 2 validation, 3 test/,
    ],
  ] as const)('%s', (_, arrays, message) => {
    expect(() => imported(arrays as unknown as Record<string, NpyArray>)).toThrow(message);
  });
});
