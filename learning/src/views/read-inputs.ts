/** Reads samples of a data set as the floats that models take. On the path of every batch: no objects per sample. */
import { elementCount, LyceumError } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';
import { sampleWriter } from './sample-view.js';
import type { ViewAt } from './views.js';

/**
 * Writes the view of each sample to `out`, real values, [n, ...shape] row-major.
 *
 * @param samples - [n], indices into the set.
 * @param out - at least n samples long; what is beyond them is left alone.
 * @param shape - what a model of another input size takes, as `sampleWriter` has it; default the set's own.
 * @throws {LyceumError} INVALID_ARGUMENT if a sample is not in the set, `out` is too short, or view or shape
 * do not fit the samples.
 */
export function readInputs(
  dataset: Dataset,
  samples: Uint32Array,
  view: ViewAt,
  out: Float32Array,
  shape: readonly number[] = dataset.sampleShape,
): void {
  const { sampleCount } = dataset;
  const length = elementCount(shape);
  if (out.length < samples.length * length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${samples.length} samples of shape [${shape}] need ${samples.length * length} values of room, got ${out.length}`,
    );
  }
  const write = sampleWriter(dataset, view, shape);
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample >= sampleCount) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `sample ${sample} is not in a set of ${sampleCount}`,
      );
    }
    write(sample, out, i * length);
  }
}
