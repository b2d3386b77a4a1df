/** Samples of a set as a person can look at them. */
import { picturePlaces, SamplesOnDisk } from '@lyceum/learning/datasets';
import { thumbnailOf } from '@lyceum/learning/formats';
import type { ShownSample } from '../documents/index.js';

const PICTURE_MAX_SIDE = 128;
const TEXT_CHARACTERS = 500;
const NUMBERS = 32;
const COLUMNS = 32;
const CELL_CHARACTERS = 100;

/** Bytes that are all below this would be a picture of black. */
const DARK = 64;

/** Usual ranges of pixels. Pictures in no such range are shown from their least number to their greatest. */
const KNOWN_RANGES: readonly Range[] = [
  { low: 0, high: 1 },
  { low: -1, high: 1 },
  { low: 0, high: 255 },
];

interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * @param path - of the set's file.
 * @param modality - what the model sees; undefined: the set's only modality.
 * @param samples - indices into the set.
 */
export async function shownSamples(
  path: string,
  modality: string | undefined,
  samples: readonly number[],
): Promise<ShownSample[]> {
  const places = picturePlaces(path, samples);
  if (places !== undefined) return places.map((where) => ({ kind: 'elsewhere', where }));
  const set = new SamplesOnDisk(path, modality);
  try {
    const show = shower(set, samples);
    const shown: ShownSample[] = [];
    // One after the other: a sample may be large.
    for (const sample of samples) shown.push(await show(sample));
    return shown;
  } finally {
    set.close();
  }
}

function shower(
  set: SamplesOnDisk,
  samples: readonly number[],
): (sample: number) => ShownSample | Promise<ShownSample> {
  const { sampleShape } = set;
  const [height, width, channels] = sampleShape;
  if (height !== undefined && width !== undefined && channels !== undefined) {
    const range = pixelRange(samples.map((sample) => extremes(set.inputs(sample))));
    return async (sample) => {
      const options = { ...range, maxSide: PICTURE_MAX_SIDE };
      const picture = await thumbnailOf(set.inputs(sample), [height, width, channels], options);
      return { kind: 'picture', ...picture, png: picture.png.toString('base64') };
    };
  }
  return (sample) => {
    const text = set.text(sample, TEXT_CHARACTERS);
    if (text !== undefined) return { kind: 'text', text };
    const cells = set.row(sample, COLUMNS, CELL_CHARACTERS);
    if (cells !== undefined) return { kind: 'row', cells, count: set.columnCount };
    const values = set.inputs(sample);
    return { kind: 'numbers', values: [...values.subarray(0, NUMBERS)], count: values.length };
  };
}

function extremes(values: ArrayLike<number>): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

function pixelRange(ranges: readonly Range[]): Range {
  const low = Math.min(...ranges.map((range) => range.low));
  const high = Math.max(...ranges.map((range) => range.high));
  const known = KNOWN_RANGES.find((range) => range.low <= low && high <= range.high);
  if (known?.high === 255 && high < DARK) return { low: 0, high };
  return known ?? { low, high };
}
