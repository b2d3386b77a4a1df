/** A data set that a small perceptron learns in a second: two noisy bumps in 6 numbers, 240 samples. */
import { encodeDataset } from '@lyceum/learning/datasets';

const SAMPLE_COUNT = 240;
const WIDTH = 6;

export function smallSetBytes(): Buffer {
  const inputs = new Float32Array(SAMPLE_COUNT * WIDTH);
  const labels = new Int32Array(SAMPLE_COUNT);
  const splits = new Uint8Array(SAMPLE_COUNT);
  let state = 1;
  const noise = () => {
    // Park and Miller's generator: the same set each time.
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  for (let n = 0; n < SAMPLE_COUNT; n++) {
    const label = n % 2;
    labels[n] = label;
    splits[n] = n % 10 < 7 ? 1 : n % 10 < 8 ? 2 : 3;
    for (let d = 0; d < WIDTH; d++) {
      inputs[n * WIDTH + d] = noise() * 1.5 + (d % 2 === label ? 0.5 : 0);
    }
  }
  return encodeDataset({
    sampleShape: [WIDTH],
    sampleCount: SAMPLE_COUNT,
    classCount: 2,
    classNames: ['even', 'odd'],
    inputs,
    inputScale: 1,
    labels,
    splits,
  });
}
