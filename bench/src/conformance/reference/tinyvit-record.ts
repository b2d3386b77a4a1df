/**
 * A stored answer in TinyViT's layout, for exchanging soft targets with TinyViT: the view's seed, then k classes, then
 * their probabilities, little endian.
 *
 *     int32 seed | k × int16 class | k × binary16 probability        4 + 4k bytes
 *
 * Wu et al. 2022, §3.1, https://arxiv.org/abs/2207.10666. A class must be below 2¹⁵.
 */
import { decodeFloat16, encodeFloat16 } from '@lyceum/learning/codecs';
import { LyceumError } from '@lyceum/proto';

export interface TinyVitRecord {
  /** The view's seed, as a signed 32-bit integer. */
  readonly seed: number;
  readonly ids: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
}

const GREATEST_ID = 0x7fff;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 4;

/**
 * @throws {LyceumError} INVALID_ARGUMENT if a class does not fit signed 16 bits, the seed does not fit signed 32 bits,
 *   or lengths differ.
 */
export function encodeTinyVitRecord({ seed, ids, probabilities }: TinyVitRecord): Uint8Array {
  const count = ids.length;
  if (seed !== (seed | 0) || probabilities.length !== count) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want a signed 32-bit seed and a probability for each class, got seed ${seed}, ${count} classes and ${probabilities.length} probabilities`,
    );
  }
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + ENTRY_BYTES * count));
  view.setInt32(0, seed, true);
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number;
    if (!(Number.isInteger(id) && id >= 0 && id <= GREATEST_ID)) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `a class must be in [0, ${GREATEST_ID}], got ${id}`,
      );
    }
    view.setInt16(HEADER_BYTES + 2 * i, id, true);
    view.setUint16(HEADER_BYTES + 2 * (count + i), encodeFloat16(probabilities[i] as number), true);
  }
  return new Uint8Array(view.buffer);
}

/** @throws {LyceumError} INVALID_ARGUMENT if no record has that many bytes, or a class is negative. */
export function decodeTinyVitRecord(bytes: Uint8Array): TinyVitRecord {
  const count = (bytes.byteLength - HEADER_BYTES) / ENTRY_BYTES;
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `a record has 4 + 4k bytes, this one ${bytes.byteLength}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ids = Int32Array.from({ length: count }, (_, i) =>
    view.getInt16(HEADER_BYTES + 2 * i, true),
  );
  if (ids.some((id) => id < 0)) {
    throw new LyceumError('INVALID_ARGUMENT', `a class of [${ids}] is negative`);
  }
  const probabilities = Float64Array.from({ length: count }, (_, i) =>
    decodeFloat16(view.getUint16(HEADER_BYTES + 2 * (count + i), true)),
  );
  return { seed: view.getInt32(0, true), ids, probabilities };
}
