/** The data set and figures of the bench `answers`, on a set small enough to compute by hand. */
import {
  encodeDataset,
  parseDataset,
  SPLIT_NUMBERS,
  splitSamples,
} from '@lyceum/learning/datasets';
import { expect, it } from 'vitest';
import { codecLoss, topTenMass } from '../src/answers/codec-loss.js';
import { digitStrings } from '../src/answers/digit-strings.js';

/** 20 digits of 2 × 2 pixels; each pixel is 10·digit + its index. The last four digits are in the test split. */
function digits() {
  const labels = Int32Array.from({ length: 20 }, (_, i) => (7 * i) % 10);
  return parseDataset(
    encodeDataset({
      sampleShape: [2, 2, 1],
      sampleCount: 20,
      classCount: 10,
      classNames: Array.from({ length: 10 }, (_, c) => String(c)),
      inputs: Uint8Array.from({ length: 80 }, (_, i) => 10 * (labels[i >> 2] as number) + (i & 3)),
      inputScale: 1 / 255,
      labels,
      splits: Uint8Array.from({ length: 20 }, (_, i) =>
        i < 14 ? SPLIT_NUMBERS.train : i < 16 ? SPLIT_NUMBERS.validation : SPLIT_NUMBERS.test,
      ),
    }),
  );
}

it('digitStrings joins digits of one split, and the class is the number that they form', () => {
  const [single, triple] = [digits(), digitStrings(digits(), 3)];
  expect(triple).toMatchObject({ sampleShape: [2, 6, 1], sampleCount: 20, classCount: 1_000 });
  expect(triple.classNames[7]).toBe('007');
  for (const split of ['train', 'validation', 'test'] as const) {
    const own = new Set(Array.from(splitSamples(single, split), (i) => single.labels[i]));
    for (const sample of splitSamples(triple, split)) {
      const text = String(triple.labels[sample]).padStart(3, '0');
      const pixels = [...(triple.inputs as Uint8Array).subarray(12 * sample, 12 * sample + 12)];
      const drawn = [...text].map(Number);
      expect(pixels.slice(0, 6)).toEqual(drawn.flatMap((d) => [10 * d, 10 * d + 1]));
      expect(pixels.slice(6)).toEqual(drawn.flatMap((d) => [10 * d + 2, 10 * d + 3]));
      for (const digit of drawn) expect(own).toContain(digit);
    }
  }
});

it('codecLoss is 0 for float32, and the divergence of the spread residual for top-k', () => {
  const logits = Float32Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
  expect(codecLoss('float32', logits, 4)).toMatchObject({ bytes: 16, storedBytes: 24, klAt1: 0 });
  expect(codecLoss('top-k:2', logits, 4)).toMatchObject({ bytes: 8, storedBytes: 16 });
  expect(codecLoss('top-k:2', logits, 4).klAt1).toBeCloseTo(0, 6);
  // The second class and the rest, together ½, count as a sixth each.
  const want = 0.25 * Math.log(0.25 * 6) + 0.25 * Math.log(0.125 * 6);
  expect(codecLoss('top-k:1', logits, 4).klAt1).toBeCloseTo(want, 6);
});

it('topTenMass is the mean probability of the ten greatest classes', () => {
  expect(topTenMass(new Float32Array(40), 20)).toBeCloseTo(0.5, 12);
  expect(topTenMass(new Float32Array(5), 5)).toBeCloseTo(1, 12);
});
