/**
 * The K greatest probabilities at temperature 1 (`numbers/top-k.ts`), as their logarithms; the residual is divided
 * equally among all other classes. K words, or 1½ K above 65536 classes.
 *
 * `auto` never takes this codec: its loss depends on the teachers, which have not answered yet.
 */
import { residualOf } from '../arrays/index.js';
import { section, wholeNumber } from '../documents/index.js';
import type { Codec, RowCodec } from './codec.js';
import { encodeTopK, float16Numbers } from './numbers/index.js';

/** Least number of classes of a set for which a few can stand for all. */
const TOP_K_CLASSES = 1_000;

/** Classes that 16 bits name. */
const SHORT_IDS = 1 << 16;

/** Smaller probabilities count as this one, so that logarithms are finite: half of the least binary16. */
const LEAST_PROBABILITY = 2 ** -25;

export const topK = {
  name: 'top-k',
  settings: {
    key: 'topK',
    shown: '{ topK: K }',
    schema: section({
      topK: wholeNumber('a whole number from 1 to 9999999', {
        above: 0,
        atMost: 9_999_999,
      }).describe(
        'How many of the greatest probabilities of an answer are stored; the other classes share the rest evenly.',
      ),
    }),
    text: ({ topK }) => String(topK),
    parse: (text) => (/^[1-9][0-9]{0,6}$/.test(text) ? { topK: Number(text) } : undefined),
    refused({ topK }, classCount) {
      if (classCount < TOP_K_CLASSES) {
        return `want float16 or uint8-affine for the ${classCount} classes of spec.dataset; topK is for ${TOP_K_CLASSES} classes and more`;
      }
      if (topK <= classCount) return undefined;
      return `want at most the ${classCount} classes of spec.dataset, got ${topK}`;
    },
  },
  row: (classCount, { topK }) => (topK <= classCount ? row(topK, classCount) : undefined),
  isOfTopK: true,
} as const satisfies Codec<{ topK: number }>;

function row(k: number, classCount: number): RowCodec {
  const numbers = float16Numbers();
  const isShort = classCount <= SHORT_IDS;
  const codeWords = Math.ceil(k / 2);
  return {
    wordCount: isShort ? k : codeWords + k,
    byteCount: isShort ? 4 * k : 6 * k,
    encode(rows, row, { words, halves }, at) {
      const logits = rows.subarray(row * classCount, (row + 1) * classCount);
      const { ids, codes } = encodeTopK(logits, k);
      halves.set(codes, 2 * at);
      if (isShort) halves.set(ids, 2 * at + k);
      else words.set(ids, at + codeWords);
    },
    decode({ words, halves }, at, rows, row) {
      const out = rows.subarray(row * classCount, (row + 1) * classCount);
      const codes = halves.subarray(2 * at, 2 * at + k);
      const sent = Float64Array.from(codes, (code) => numbers[code] as number);
      const residual = Math.max(LEAST_PROBABILITY, residualOf(sent));
      out.fill(Math.log(residual / Math.max(1, classCount - k)));
      for (let i = 0; i < k; i++) {
        const id = isShort ? halves[2 * at + k + i] : words[at + codeWords + i];
        out[id as number] = Math.log(Math.max(LEAST_PROBABILITY, sent[i] as number));
      }
    },
  };
}
