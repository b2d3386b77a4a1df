/**
 * The real values of single samples. A set of bytes is unpacked once and kept if that takes little memory: samples are
 * then copied instead of computed, which took a quarter of a perceptron's step.
 */
import { elementCount } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';

/** Unpacked sets of more bytes than this are not kept. */
const MOST_KEPT_BYTES = 2 ** 28;

/** Unpacked sets, by their stored values. */
const kept = new WeakMap<
  Dataset['inputs'],
  { readonly scale: number; readonly values: Float32Array }
>();

/** Gives [...sampleShape] of a sample, row-major. Read it before you ask for the next sample. */
export type SampleReader = (sample: number) => Float32Array;

/** Gives the stored bytes of a sample, uncopied; undefined: the set does not store bytes. */
export function byteReader({
  inputs,
  sampleShape,
  held,
}: Dataset): ((sample: number) => Uint8Array) | undefined {
  if (!(inputs instanceof Uint8Array)) return undefined;
  const length = elementCount(sampleShape);
  return (sample) => {
    const row = held === undefined ? sample : held.row(sample);
    return inputs.subarray(row * length, (row + 1) * length);
  };
}

export function sampleReader(dataset: Dataset): SampleReader {
  const { inputs, inputScale, sampleShape, held } = dataset;
  const length = elementCount(sampleShape);
  const values = allValues(dataset);
  if (values !== undefined) {
    return (sample) => values.subarray(sample * length, (sample + 1) * length);
  }
  const room = new Float32Array(length);
  return (sample) => {
    const row = held === undefined ? sample : held.row(sample);
    scaled(inputs.subarray(row * length, (row + 1) * length), inputScale, room);
    return room;
  };
}

/** Whether all real values of the set stay in memory once they have been read. */
export function keepsRealValues({ inputs, held }: Dataset): boolean {
  // The samples that are held change soon.
  return held === undefined && Float32Array.BYTES_PER_ELEMENT * inputs.length <= MOST_KEPT_BYTES;
}

/** All real values; undefined: they are not kept. */
function allValues(dataset: Dataset): Float32Array | undefined {
  const { inputs, inputScale: scale, held } = dataset;
  if (inputs instanceof Float32Array && scale === 1 && held === undefined) return inputs;
  if (!keepsRealValues(dataset)) return undefined;
  const found = kept.get(inputs);
  if (found?.scale === scale) return found.values;
  const values = new Float32Array(inputs.length);
  scaled(inputs, scale, values);
  kept.set(inputs, { scale, values });
  return values;
}

/** Writes stored values to `out` from `offset` on, as real values. */
export function scaled(
  stored: Dataset['inputs'],
  scale: number,
  out: Float32Array,
  offset = 0,
): void {
  for (let i = 0; i < stored.length; i++) out[offset + i] = (stored[i] as number) * scale;
}
