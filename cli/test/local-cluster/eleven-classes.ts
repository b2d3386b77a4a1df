/** Samples of the classes that the models of make-sklearn.py know, in a file that is sorted by class. */
import { encodeDataset } from '@lyceum/learning/datasets';
import { numbers } from './small-images.js';

const CLASS_COUNT = 11;
const PER_CLASS = 80;
const SIZE = 4;

/** Splits of a class's samples: the first of them train. */
const SPLITS = { train: 48, validation: 16 };

/**
 * @param classNames - eleven.
 * @param byNumber - the name of each number's class, where that is not its place in `classNames`.
 */
export function elevenClassesBytes(
  classNames: readonly string[],
  byNumber: readonly string[] = classNames,
): Buffer {
  const sampleCount = CLASS_COUNT * PER_CLASS;
  const noise = numbers(5, sampleCount * SIZE);
  const classOf = (sample: number) => Math.floor(sample / PER_CLASS);
  return encodeDataset({
    sampleShape: [SIZE],
    sampleCount,
    classCount: CLASS_COUNT,
    classNames: [...classNames],
    inputs: noise.map((value, at) => {
      const number = classOf(Math.floor(at / SIZE));
      const angle = (2 * Math.PI * number) / CLASS_COUNT;
      const centre = [Math.cos(angle), Math.sin(angle), number / 10, 0][at % SIZE] as number;
      return centre + 0.1 * value;
    }),
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, sample) =>
      classNames.indexOf(byNumber[classOf(sample)] as string),
    ),
    splits: Uint8Array.from({ length: sampleCount }, (_, sample) => {
      const place = sample % PER_CLASS;
      return place < SPLITS.train ? 1 : place < SPLITS.train + SPLITS.validation ? 2 : 3;
    }),
  });
}
