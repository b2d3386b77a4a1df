/** Whether this program decodes a set's pictures to the same pixels as the program that registered the set. */
import { createHash } from 'node:crypto';
import { decoderVersion } from '../pictures/index.js';
import { type OpenSet, otherPixels } from './pieces/index.js';

/**
 * Decodes one picture after another: all at once may need more memory than there is.
 *
 * @param use - lends a sample's pixels, as this program decodes them, to a callback that must not keep them.
 * @throws {LyceumError} FAILED_PRECONDITION if the pixels are not those of the set's canary.
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
