/** Records written by the kernel against the codec of single rows and the plain checksum, bit for bit. */
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it, vi } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { memoryOf, rowCodec, wordMemory } from '../../src/codecs/answer-codec.js';
import type { AnswerCodec } from '../../src/codecs/table.js';
import { AnswerRecords } from '../../src/records/answer-records.js';
import { recordSum } from '../../src/records/record-sum.js';
import { HOSTILE_SHAPES, haveSameBits, hostileNumbers, shifted } from '../hostile-numbers.js';

const SCALES = [40, 1e-4, 1e-7, 130_000 * 0.99, 1e-30, 2 ** -24];

/** Normal and subnormal numbers of binary16, and numbers that round to 0 and to the greatest number. */
function logitsOf(rows: number, classes: number): Float32Array {
  return Float32Array.from({ length: rows * classes }, (_, i) => {
    const x = mulberry32(9, i) - 0.5;
    return x * (SCALES[i % SCALES.length] as number);
  });
}

function plainRecords(codec: AnswerCodec, samples: number[], rows: Float32Array): Uint32Array {
  const classes = rows.length / samples.length;
  const { wordCount, encode } = rowCodec(codec, classes);
  const memory = wordMemory(samples.length * (wordCount + 2));
  for (const [i, sample] of samples.entries()) {
    const start = i * (wordCount + 2);
    memory.words[start] = sample;
    encode(rows, i, memory, start + 1);
    memory.words[start + wordCount + 1] = recordSum(memory.words, start, wordCount + 1);
  }
  return memory.words;
}

function catchError(act: () => unknown): Error {
  try {
    act();
  } catch (err) {
    return err as Error;
  }
  throw new Error('nothing was refused');
}

/** Compares bit for bit. `toEqual` takes a second for arrays of this size. */
function areEqual(a: Uint32Array | Float32Array, b: Uint32Array | Float32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

/** Row lengths below, at and above the least length for the kernel; odd lengths; several blocks of rows. */
const SHAPES = [
  [5, 10],
  [3, 63],
  [9, 64],
  [7, 65],
  [130, 1000],
  [71, 1003],
  [5, 21_841],
] as const;

describe.each(['float16', 'float32', 'uint8-affine'] as const)('AnswerRecords in %s', (codec) => {
  it.each(SHAPES)('writes and reads %d rows of %d classes like single rows', (rows, classes) => {
    const records = new AnswerRecords({ codec, rowLength: classes });
    const samples = Array.from({ length: rows }, (_, i) => 7 * i + 3);
    const logits = logitsOf(rows, classes);
    const memory = wordMemory(rows * records.wordCount);
    memory.words.fill(0xdead_beef);
    records.encode(samples, logits, memory);
    expect(areEqual(memory.words, plainRecords(codec, samples, logits))).toBe(true);
    expect(records.areSound(memory.words, rows)).toEqual(samples.map(() => true));

    // As a reader has the rows: without sample numbers and sums, not at the beginning of their memory.
    const own = records.codec.wordCount;
    const words = new Uint32Array(1 + rows * own).subarray(1);
    const want = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const start = row * records.wordCount + 1;
      words.set(memory.words.subarray(start, start + own), row * own);
      records.codec.decode(memory, start, want, row);
    }
    const read = new Float32Array(rows * classes);
    records.decode(words, read);
    expect(areEqual(read, want)).toBe(true);
  });

  it('areSound finds the record with a changed bit', () => {
    const records = new AnswerRecords({ codec, rowLength: 100 });
    const memory = wordMemory(6 * records.wordCount);
    records.encode([0, 1, 2, 3, 4, 5], logitsOf(6, 100), memory);
    const word = 4 * records.wordCount + 7;
    memory.words[word] = (memory.words[word] as number) ^ 1;
    expect(records.areSound(memory.words, 6)).toEqual([true, true, true, true, false, true]);
  });
});

describe.each(['float16', 'float32'] as const)('AnswerRecords of extremes in %s', (codec) => {
  it.each(HOSTILE_SHAPES)('writes and reads %d rows of %d like single rows', (rows, classes) => {
    const records = new AnswerRecords({ codec, rowLength: classes });
    const samples = Array.from({ length: rows }, (_, i) => i);
    const numbers = hostileNumbers(
      classes,
      rows * classes,
      codec === 'float16' ? 'half' : 'finite',
    );
    const words = shifted(new Uint32Array(rows * records.wordCount), 3);
    records.encode(samples, shifted(numbers, 1), memoryOf(words));
    expect(Buffer.from(words).equals(Buffer.from(plainRecords(codec, samples, numbers)))).toBe(
      true,
    );

    const own = records.codec.wordCount;
    const stored = Uint32Array.from({ length: rows * own }, (_, i) => {
      const row = Math.floor(i / own);
      return words[row * records.wordCount + 1 + (i - row * own)] as number;
    });
    const read = shifted(new Float32Array(rows * classes), 5);
    records.decode(shifted(stored, 1), read);
    const want = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      records.codec.decode(memoryOf(stored), row * own, want, row);
    }
    expect(haveSameBits(read, want)).toBe(true);
  });
});

it('AnswerRecords in float16 refuses the same number as the codec of single rows', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const classes = 64 + (seed % 9);
    const numbers = hostileNumbers(seed, 5 * classes, seed % 2 ? 'any' : 'finite');
    const records = new AnswerRecords({ codec: 'float16', rowLength: classes });
    const plainly = () => plainRecords('float16', [1, 2, 3, 4, 5], numbers);
    const memory = wordMemory(5 * records.wordCount);
    const { message } = catchError(plainly);
    expect(() => records.encode([1, 2, 3, 4, 5], numbers, memory)).toThrow(message);
  }
});

it('AnswerRecords refuses arrays whose lengths do not fit', () => {
  const records = new AnswerRecords({ codec: 'float16', rowLength: 100 });
  const memory = wordMemory(2 * records.wordCount);
  const encode = (numbers: number, into = memory) =>
    records.encode([1, 2], new Float32Array(numbers), into);
  encode(200);
  const message = '2 records of 100 numbers: got 199 numbers, and 104 words for them';
  expect(() => encode(199)).toThrow(message);
  expect(() => encode(201)).toThrow(LyceumError);
  expect(() => encode(200, wordMemory(records.wordCount))).toThrow(LyceumError);
});

describe('AnswerRecords of a value that float16 cannot hold', () => {
  it.each([65_520, -1e9, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    const records = new AnswerRecords({ codec: 'float16', rowLength: 100 });
    for (const at of [0, 150, 199]) {
      const rows = logitsOf(2, 100);
      rows[at] = value;
      const encode = () => records.encode([1, 2], rows, wordMemory(2 * records.wordCount));
      expect(encode).toThrow(`a logit is ${value}, and answers in float16 hold up to 65504`);
    }
  });
});

it('AnswerRecords writes the same bits without SIMD', async () => {
  const logits = logitsOf(3, 200);
  vi.resetModules();
  vi.doMock('../../src/kernels/index.js', async (importOriginal) => ({
    ...(await importOriginal<object>()),
    openKernel: () => undefined,
  }));
  const plain = await import('../../src/records/answer-records.js');
  const records = new plain.AnswerRecords({ codec: 'float16', rowLength: 200 });
  const memory = wordMemory(3 * records.wordCount);
  records.encode([1, 2, 3], logits, memory);
  expect(memory.words).toEqual(plainRecords('float16', [1, 2, 3], logits));
  expect(records.areSound(memory.words, 3)).toEqual([true, true, true]);
  vi.doUnmock('../../src/kernels/index.js');
  vi.resetModules();
});
