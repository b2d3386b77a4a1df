/** A small set that can be learnt: images with noise and a bright row, whose place is the class. */
import type { DatasetParts } from '@lyceum/learning/datasets';

const SIDE = 6;
const CLASSES = 3;

/** @param unlabelledEvery - with 4, every fourth sample has label −1. */
export function syntheticSet(
  sampleCount: number,
  unlabelledEvery = Number.POSITIVE_INFINITY,
): DatasetParts {
  const inputs = new Float32Array(sampleCount * SIDE * SIDE);
  const labels = new Int32Array(sampleCount);
  const splits = new Uint8Array(sampleCount);
  for (let sample = 0; sample < sampleCount; sample++) {
    const label = sample % CLASSES;
    for (let i = 0; i < SIDE * SIDE; i++) {
      const bright = Math.floor(i / SIDE) === label * 2 ? 1 : 0;
      inputs[sample * SIDE * SIDE + i] = bright + Math.sin(sample * 12.9898 + i * 78.233) * 0.8;
    }
    labels[sample] = sample % unlabelledEvery === 0 ? -1 : label;
    splits[sample] = sample % 10 < 7 ? 1 : sample % 10 < 8 ? 2 : 3;
  }
  return {
    sampleShape: [SIDE, SIDE, 1],
    sampleCount,
    classCount: CLASSES,
    classNames: ['top', 'middle', 'bottom'],
    inputs,
    inputScale: 1,
    labels,
    splits,
  };
}
