/** Whether this program makes the same pixels of a set's pictures as the one that registered it. */
import { createHash } from 'node:crypto';
import { decoderVersion } from '../pictures/index.js';
import { type OpenSet, otherPixels } from './pieces/index.js';

/**
 * One picture after another: all of them may be more than the memory has.
 *
 * @param use - hands a sample's pixels, as they are decoded here, to a user who keeps none.
 * @throws {LyceumError} FAILED_PRECONDITION if they are not what the set says.
 */
export async function checkCanary(
  set: OpenSet,
  use: (sample: number, user: (pixels: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  const { canary } = set.index;
  const hash = createHash('sha256');
  for (const sample of canary.samples) {
    await use(sample, (pixels) => {
      hash.update(pixels);
    });
  }
  if (hash.digest('hex') === canary.digest) return;
  throw otherPixels(set, await decoderVersion());
}
