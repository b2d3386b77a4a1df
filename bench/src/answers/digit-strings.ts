/**
 * A real set with 10, 100 or 1,000 classes: handwritten digits side by side; their class is the number that they form.
 * All digits of a string come from the same split.
 */
import { mulberry32 } from '@lyceum/learning/arrays';
import {
  type Dataset,
  encodeDataset,
  parseDataset,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  splitSamples,
} from '@lyceum/learning/datasets';

/**
 * @param digits - of shape [28, 28, 1], in bytes.
 * @param length - digits in a string.
 */
export function digitStrings(digits: Dataset, length: number): Dataset {
  const [height = 0, width = 0] = digits.sampleShape;
  const { sampleCount } = digits;
  const classCount = 10 ** length;
  const lineLength = length * width;
  const inputs = new Uint8Array(sampleCount * height * lineLength);
  const labels = new Int32Array(sampleCount);
  const splits = new Uint8Array(sampleCount);
  let sample = 0;
  for (const split of SPLIT_NAMES) {
    const own = splitSamples(digits, split);
    for (let i = 0; i < own.length; i++, sample++) {
      splits[sample] = SPLIT_NUMBERS[split];
      let label = 0;
      for (let place = 0; place < length; place++) {
        // Each digit of the split is once the first of a string; the digits after the first are drawn.
        const drawn = Math.floor(mulberry32(place, sample) * own.length);
        const digit = own[place === 0 ? i : drawn] as number;
        label = 10 * label + (digits.labels[digit] as number);
        for (let y = 0; y < height; y++) {
          const from = (digit * height + y) * width;
          const to = (sample * height + y) * lineLength + place * width;
          inputs.set((digits.inputs as Uint8Array).subarray(from, from + width), to);
        }
      }
      labels[sample] = label;
    }
  }
  return parseDataset(
    encodeDataset({
      sampleShape: [height, lineLength, 1],
      sampleCount,
      classCount,
      classNames: Array.from({ length: classCount }, (_, c) => String(c).padStart(length, '0')),
      inputs,
      inputScale: digits.inputScale,
      labels,
      splits,
    }),
  );
}
