/** Reads samples of a data set as models take them. On the path of every batch: no objects per sample. */
import { elementCount, LyceumError } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';
import { keepsRealValues } from './real-values.js';
import { byteWriter, sampleWriter } from './sample-view.js';
import type { Values, Writer } from './view-geometry.js';
import type { ViewAt } from './views.js';

/** The scale of bytes that are read as bytes: engines divide them by 255. */
const BYTE_SCALE = 1 / 255;

/**
 * Whether samples are read as bytes, a quarter of the memory, and made real where they are used: where the view leaves
 * bytes, unless the set is so small that its real values are kept anyway. A batch of 256 × 224 × 224 × 3 is read in 3
 * instead of 68 ms; of a small set there is nothing to gain.
 *
 * @param shape - as {@link readInputs} has it.
 */
export function readsBytes(
  dataset: Dataset,
  view: ViewAt,
  shape: readonly number[] = dataset.sampleShape,
): boolean {
  if (dataset.inputScale !== BYTE_SCALE || keepsRealValues(dataset)) return false;
  return byteWriter(dataset, view, shape) !== undefined;
}

/**
 * Writes the view of each sample to `out`, [n, ...shape] row-major: real values, or, where {@link readsBytes}, bytes.
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
  out: Float32Array | Uint8Array,
  shape: readonly number[] = dataset.sampleShape,
): void {
  if (out instanceof Float32Array) {
    readRows(dataset, samples, sampleWriter(dataset, view, shape), out, shape);
    return;
  }
  const write = byteWriter(dataset, view, shape);
  if (write === undefined) throw new LyceumError('INTERNAL', `view ${view.text} leaves no bytes`);
  readRows(dataset, samples, write, out, shape);
}

function readRows<T extends Values>(
  { sampleCount }: Dataset,
  samples: Uint32Array,
  write: Writer<T>,
  out: T,
  shape: readonly number[],
): void {
  const length = elementCount(shape);
  if (out.length < samples.length * length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `${samples.length} samples of shape [${shape}] need ${samples.length * length} values of room, got ${out.length}`,
    );
  }
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
