/**
 * Samples that are in two splits: a figure on a split whose samples were trained on, or used for choices, is too good.
 *
 * Samples are compared by digests of 62 bits of their values in all modalities, eight bytes a sample, in one pass and
 * a sort. Labels do not count: equal samples with different labels are the same sample. In a set in shards the encoded
 * files are compared: one picture in two different encodings counts as two.
 */
import { createHash } from 'node:crypto';
import { SPLIT_NUMBERS, type StoredDataset } from './dataset.js';

/** How many samples of one split have a twin of equal values in another. */
export interface SharedSamples {
  readonly validationInTrain: number;
  readonly testInTrain: number;
  readonly testInValidation: number;
}

type ComparedSet = Pick<StoredDataset, 'modalities' | 'sampleCount' | 'splits' | 'shards'>;

export function sharedSamples(dataset: ComparedSet): SharedSamples {
  const { sampleCount, splits } = dataset;
  const digestOf = sampleDigests(dataset);
  const keys = new BigUint64Array(sampleCount);
  for (let sample = 0; sample < sampleCount; sample++) {
    // The last two bits tell the split: equal samples stand together, sorted.
    keys[sample] = (digestOf(sample) & ~3n) | BigInt(splits[sample] as number);
  }
  keys.sort();
  const total = { validationInTrain: 0, testInTrain: 0, testInValidation: 0 };
  let counts = [0, 0, 0, 0];
  for (const [index, key] of keys.entries()) {
    const split = Number(key & 3n);
    counts[split] = (counts[split] as number) + 1;
    const next = keys[index + 1];
    if (next !== undefined && next >> 2n === key >> 2n) continue;
    const [train = 0, validation = 0, test = 0] = [
      counts[SPLIT_NUMBERS.train],
      counts[SPLIT_NUMBERS.validation],
      counts[SPLIT_NUMBERS.test],
    ];
    if (train > 0) total.validationInTrain += validation;
    if (train > 0) total.testInTrain += test;
    if (validation > 0) total.testInValidation += test;
    counts = [0, 0, 0, 0];
  }
  return total;
}

/** 64 bits of a sample's digest. */
function sampleDigests({
  modalities,
  sampleCount,
  shards,
}: ComparedSet): (sample: number) => bigint {
  if (shards !== undefined) {
    const { buffer, byteOffset, byteLength } = shards.digests;
    const digests = Buffer.from(buffer, byteOffset, byteLength);
    const digestBytes = byteLength / sampleCount;
    return (sample) => digests.readBigUInt64LE(sample * digestBytes);
  }
  const all = [...modalities.values()].map(({ inputs }) =>
    Buffer.from(inputs.buffer, inputs.byteOffset, inputs.byteLength),
  );
  return (sample) => {
    const hash = createHash('sha256');
    for (const bytes of all) {
      const sampleBytes = bytes.length / sampleCount;
      hash.update(bytes.subarray(sample * sampleBytes, (sample + 1) * sampleBytes));
    }
    return hash.digest().readBigUInt64LE();
  };
}

/** `11 of test are in train too, …`; undefined: no sample is shared. */
export function sharedSamplesText(shared: SharedSamples): string | undefined {
  const parts = [
    [shared.validationInTrain, 'validation', 'train'],
    [shared.testInTrain, 'test', 'train'],
    [shared.testInValidation, 'test', 'validation'],
  ] as const;
  const found = parts.filter(([count]) => count > 0);
  if (found.length === 0) return undefined;
  return found
    .map(([n, of, other]) => `${n} of ${of} ${n === 1 ? 'is' : 'are'} in ${other} too`)
    .join(', ');
}
