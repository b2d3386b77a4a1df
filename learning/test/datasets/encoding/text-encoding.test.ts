/**
 * Encoded texts against n-grams counted by hand, and against a slow second implementation of the documented steps
 * (lists of code points, hashes as big integers).
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  encodeText,
  type TextEncoding,
  textEncoding,
} from '../../../src/datasets/encoding/text-encoding.js';

const PRIME = 0x01000193n;

function hashOf(ngram: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(ngram)) hash = ((hash ^ BigInt(byte)) * PRIME) % 2n ** 32n;
  return Number(hash);
}

function ngramsOf(text: string, from: number, to: number): string[] {
  const words = text
    .normalize('NFC')
    .toLowerCase()
    .split(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u);
  return words
    .filter((word) => word !== '')
    .flatMap((word) => {
      const padded = [' ', ...word, ' '];
      return padded.flatMap((_, start) =>
        Array.from({ length: to - from + 1 }, (_, n) => padded.slice(start, start + from + n))
          .filter((ngram, n) => ngram.length === from + n)
          .map((ngram) => ngram.join('')),
      );
    })
    .filter((ngram) => ngram !== ' ');
}

function slowly(encoding: TextEncoding, text: string): number[] {
  const counts: number[] = Array(encoding.buckets).fill(0);
  for (const ngram of ngramsOf(text, encoding.ngrams.from, encoding.ngrams.to)) {
    const hash = hashOf(ngram);
    counts[hash % encoding.buckets] = (counts[hash % encoding.buckets] ?? 0) + (hash < 2 ** 31 ? 1 : -1); // biome-ignore format: short
  }
  const norm = Math.hypot(...counts);
  return counts.map((value) => (norm === 0 ? 0 : Math.fround(value / norm)));
}

const TEXTS = [
  'The quick brown fox',
  'ÀÉ straße ΣΊΣΥΦΟΣ',
  'すべての人間は 生れながらに',
  'สวัสดีครับ 👩‍👩‍👧 \u{1f600}',
  ' \t\u3000two\u2003spaces\r\nand lines\u0085more ',
  'İstanbul',
  'a',
  'aaaa aaaa aaaa',
];

describe('encodeText', () => {
  it('counts the n-grams of words, with word ends marked by spaces', () => {
    expect(ngramsOf('ab', 1, 2).sort()).toEqual([' a', 'a', 'ab', 'b', 'b ']);
    const encoding = textEncoding({ ngrams: { from: 2, to: 2 }, buckets: 65_536 });
    const row = encodeText(encoding, 'ab ab');
    const counted = [' a', 'ab', 'b '].map((ngram) => row[hashOf(ngram) % 65_536]);
    expect(counted.map((value) => Math.abs(value ?? 0))).toEqual(Array(3).fill(Math.fround(1 / Math.sqrt(3)))); // biome-ignore format: short
    expect(row.filter((value) => value !== 0)).toHaveLength(3);
  });

  it.each([
    [{ from: 1, to: 4 }, 2048],
    [{ from: 3, to: 3 }, 1000],
    [{ from: 2, to: 8 }, 16],
  ])('agrees with a slow second implementation: %j in %d buckets', (ngrams, buckets) => {
    const encoding = textEncoding({ ngrams, buckets });
    for (const text of TEXTS)
      expect([...encodeText(encoding, text)]).toEqual(slowly(encoding, text));
  });

  it('ignores case, Unicode composition and the amount of white space', () => {
    const encoding = textEncoding({});
    const row = encodeText(encoding, 'élan vital');
    expect(encodeText(encoding, '  E\u0301LAN\n\u00a0Vital')).toEqual(row);
    expect(encodeText(encoding, 'elan vital')).not.toEqual(row);
  });

  it('gives signed rows of length 1, and zeros for a text without n-grams', () => {
    const row = encodeText(textEncoding({}), 'All human beings are born free and equal');
    expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    expect(row.some((value) => value < 0)).toBe(true);
    expect(encodeText(textEncoding({}), ' \n').every((value) => value === 0)).toBe(true);
  });

  it('keeps its recorded numbers, on which existing students were trained', () => {
    const hash = createHash('sha256');
    for (const text of TEXTS.slice(0, 3)) {
      hash.update(new Uint8Array(encodeText(textEncoding({}), text).buffer));
    }
    expect(hash.digest('hex')).toBe(
      '3b3bebb90be4dd147e136b149b397a250c28bde5598bf56015d882e0cbf3ecc3',
    );
  });

  it('reads a lone surrogate as U+FFFD', () => {
    const encoding = textEncoding({});
    expect(encodeText(encoding, 'a\ud83d b')).toEqual(encodeText(encoding, 'a\ufffd b'));
  });
});

describe('textEncoding', () => {
  it('has default n-grams and buckets', () => {
    expect(textEncoding({})).toEqual({
      kind: 'text',
      version: 1,
      ngrams: { from: 1, to: 4 },
      buckets: 2048,
    });
  });

  it.each([
    [{ ngrams: { from: 0, to: 3 } }, /ngrams: must be \{ from, to \}/],
    [{ ngrams: { from: 4, to: 3 } }, /ngrams/],
    [{ ngrams: { from: 1, to: 9 } }, /ngrams/],
    [{ buckets: 8 }, /buckets: must be a whole number from 16 to 65536/],
    [{ buckets: Number.NaN }, /buckets/],
  ])('refuses %j', (wanted, message) => {
    expect(() => textEncoding(wanted)).toThrow(message);
  });
});
