/** Whether this program makes the same pixels of a set's pictures as the one that registered it. */
import { createHash } from 'node:crypto';
import { decoderVersion } from '../pictures/index.js';
import { type OpenSet, PictureCanaryError } from './pieces/index.js';

/**
 * @param inputs - [canary's samples, height, width, channels], as they are decoded here.
 * @throws {PictureCanaryError} if they are not what the set says.
 */
export async function checkCanary(set: OpenSet, inputs: Uint8Array): Promise<void> {
  const { canary, decoder } = set.index;
  const digest = createHash('sha256').update(inputs).digest('hex');
  if (digest === canary.digest) return;
  throw new PictureCanaryError(set.digest, decoder, await decoderVersion());
}
