/** Reads samples of a data set as the floats that models take. On the path of every batch: no objects per sample. */
import { LyceumError } from '@lyceum/proto';
import type { Dataset } from './dataset.js';
import { sampleMover, type ViewAt } from './views.js';

/**
 * Writes the view of each sample to `out`, real values, [n, ...sampleShape] row-major.
 *
 * @param samples - [n], indices into the set.
 * @param out - at least n samples long; what is beyond them is left alone.
 * @throws {LyceumError} INVALID_ARGUMENT if a sample is not in the set, `out` is too short, or the view
 * does not fit the samples.
 */
export function readInputs(
  dataset: Dataset,
  samples: Uint32Array,
  view: ViewAt,
  out: Float32Array,
): void {
  const { inputs, inputScale, sampleCount, sampleShape } = dataset;
  const features = inputs.length / sampleCount;
  if (out.length < samples.length * features) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${samples.length} samples of shape [${sampleShape}] need ${samples.length * features} values of room, got ${out.length}`,
    );
  }
  const mover = sampleMover(view, sampleShape);
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample >= sampleCount) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `sample ${sample} is not in a set of ${sampleCount}`,
      );
    }
    if (mover !== undefined) mover.move(inputs, inputScale, sample, out, i * features);
    else copyScaled(inputs, inputScale, sample * features, out, i * features, features);
  }
}

function copyScaled(
  from: Uint8Array | Float32Array,
  scale: number,
  start: number,
  to: Float32Array,
  offset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[offset + i] = (from[start + i] as number) * scale;
}
