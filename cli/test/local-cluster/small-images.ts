/** A set of small images for teachers that are written down, not trained. */
import { encodeDataset } from '@lyceum/learning/datasets';

/** Height and width. */
export const SIDE = 6;

/** Numbers in [-0.5, 0.5): Park and Miller's generator. */
export function numbers(seed: number, count: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
}

/** 400 images: 320 train, 40 validation, 40 test. @param loudSample - has a number of 9; absent: none has. */
export function smallImagesBytes(
  classNames: readonly string[] = ['even', 'odd'],
  loudSample?: number,
): Buffer {
  const sampleCount = 400;
  const inputs = numbers(77, sampleCount * SIDE * SIDE);
  if (loudSample !== undefined) inputs[loudSample * SIDE * SIDE] = 9;
  return encodeDataset({
    sampleShape: [SIDE, SIDE, 1],
    sampleCount,
    classCount: classNames.length,
    classNames,
    inputs,
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % classNames.length),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i < 320 ? 1 : i < 360 ? 2 : 3)),
  });
}
