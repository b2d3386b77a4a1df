import { pictureDigest, type ShardIndex } from '../datasets/index.js';

/** Whether the bytes are those that the set was made of. */
export function isRegistered(
  { lengths, digests }: Pick<ShardIndex, 'lengths' | 'digests'>,
  sample: number,
  bytes: Uint8Array | undefined,
): boolean {
  if (bytes === undefined || bytes.length !== lengths[sample]) return false;
  const found = pictureDigest(bytes);
  const at = sample * found.length;
  return found.equals(digests.subarray(at, at + found.length));
}
