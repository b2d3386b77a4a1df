/** Checks `@lyceum/learning/codecs` against the wire formats of a vector file: bits, decoded values and losses. */
import { residualOf } from '@lyceum/learning/arrays';
import {
  decodeAffine8,
  decodeBfloat16,
  decodeFloat16,
  decodeTopK,
  encodeAffine8,
  encodeBfloat16,
  encodeFloat16,
  encodeTopK,
  spreadTopK,
} from '@lyceum/learning/codecs';
import { klDivergence } from '@lyceum/learning/ensemble';
import { type Case, expectClose } from './case.js';
import { decodeTinyVitRecord, encodeTinyVitRecord } from './reference/tinyvit-record.js';

interface Scalar {
  readonly value: number;
}

interface Row {
  readonly id: string;
  readonly row: readonly number[];
}

interface TopK {
  readonly id: string;
  readonly logits: readonly number[];
  readonly k: number;
}

interface StoredRecord {
  readonly seed: number;
  readonly ids: readonly number[];
  readonly probs: readonly number[];
  readonly hex: string;
}

const FORMATS: Readonly<Record<string, (section: unknown) => Case[]>> = {
  fp16: (section) => scalars('fp16', section, encodeFloat16, decodeFloat16),
  bf16: (section) => scalars('bf16', section, encodeBfloat16, decodeBfloat16),
  uint8_affine: (section) =>
    each<Row>(section, (item) => ({
      id: `uint8_affine/${item.id}`,
      run: () => compare(affine8(item.row), item),
    })),
  topk_fp16: (section) =>
    each<TopK>(section, (item) => ({
      id: `topk_fp16/${item.id}`,
      run: () => compare(topK(item), item),
    })),
  tinyvit_record: (section) => {
    const item = section as StoredRecord;
    return [{ id: `tinyvit_record/${item.seed}`, run: () => tinyVitRecord(item) }];
  },
};

export const names: ReadonlySet<string> = new Set(Object.keys(FORMATS));

export function cases(file: unknown): Case[] {
  return Object.entries(file as object).flatMap(
    ([name, section]) => FORMATS[name]?.(section) ?? [],
  );
}

function each<Item>(section: unknown, make: (item: Item) => Case): Case[] {
  return (section as { readonly cases: readonly Item[] }).cases.map(make);
}

function scalars(
  name: string,
  section: unknown,
  encode: (value: number) => number,
  decode: (bits: number) => number,
): Case[] {
  return each<Scalar>(section, (item) => ({
    id: `${name}/${item.value}`,
    run: () => {
      const bits = encode(item.value);
      compare({ value: item.value, bits, decoded: decode(bits) }, item);
    },
  }));
}

function affine8(row: readonly number[]): Record<string, unknown> {
  const values = Float64Array.from(row);
  const coded = {
    codes: new Uint8Array(row.length),
    ranges: new Float64Array(2),
  };
  encodeAffine8(values, 1, row.length, coded);
  const decoded = new Float64Array(row.length);
  decodeAffine8(coded, 1, row.length, decoded);
  return {
    row,
    min: coded.ranges[0],
    scale: coded.ranges[1],
    codes: Array.from(coded.codes),
    decoded: Array.from(decoded),
    maxAbsError: Math.max(...row.map((value, i) => Math.abs(value - (decoded[i] as number)))),
    klOriginalDecoded: klDivergence(values, decoded, 1, row.length),
  };
}

function topK({ logits, k }: TopK): Record<string, unknown> {
  const own = Float64Array.from(logits);
  const row = encodeTopK(own, k);
  const values = decodeTopK(row);
  const dense = spreadTopK(row, logits.length);
  // The divergence takes logits, which divides the row by its sum. Subtracting the sum's logarithm undoes this.
  const logSum = Math.log(dense.reduce((sum, p) => sum + p, 0));
  return {
    logits,
    k,
    ids: Array.from(row.ids),
    valueBits: Array.from(row.codes),
    values: Array.from(values),
    residual: residualOf(values),
    denseUniform: Array.from(dense),
    klFullTop: klDivergence(own, dense.map(Math.log), 1, logits.length) - logSum,
  };
}

function tinyVitRecord({ seed, ids, probs, hex }: StoredRecord): void {
  const bytes = encodeTinyVitRecord({ seed, ids, probabilities: probs });
  const found = Buffer.from(bytes).toString('hex');
  if (found !== hex) throw new Error(`hex: ${found}, expected ${hex}`);
  const back = decodeTinyVitRecord(bytes);
  expectClose(back.seed, seed, 1e-10, 'seed');
  expectClose(Array.from(back.ids), ids, 1e-10, 'ids');
  expectClose(
    Array.from(back.probabilities),
    probs.map(encodeFloat16).map(decodeFloat16),
    1e-10,
    'probs',
  );
}

/**
 * Compares every field of the file's case but its id and note; a field that the code does not return counts as
 * different. JSON has `null` for numbers that are not finite.
 */
function compare(actual: Readonly<Record<string, unknown>>, expected: object): void {
  for (const [key, value] of Object.entries(expected)) {
    if (key === 'id' || key === 'note') continue;
    const own = actual[key];
    const infinite = typeof own === 'number' && !Number.isFinite(own);
    expectClose(infinite ? null : own, value, 1e-10, key);
  }
}
