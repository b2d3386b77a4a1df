/** Errors that keep a window from being read, besides those of objects' servers. */
import { shownUrl } from '@lyceum/platform/objects';
import { LyceumError } from '@lyceum/proto';
import { pictureUrl } from '../../shards/index.js';
import type { OpenSet } from './open-set.js';

/** A picture's bytes are no longer those that the set was made of. */
export function otherBytes(set: OpenSet, sample: number): LyceumError {
  const message = `${pictureText(set, sample)}: its bytes are not those that were registered; restore the object as it was, or register the set again`;
  return new LyceumError('FAILED_PRECONDITION', message);
}

/**
 * A picture's bytes are those that the set was made of, but cannot be decoded.
 *
 * @param why - the decoder's reason, in words.
 */
export function undecodable(set: OpenSet, sample: number, why: string): LyceumError {
  const advice =
    'register the set again with --check-pictures and --skip-refused, which leave such pictures out';
  return new LyceumError('INVALID_ARGUMENT', `${pictureText(set, sample)}: ${why}; ${advice}`);
}

/**
 * This program decodes pictures to other pixels than the program that registered the set.
 *
 * @param here - the version of this program's decoder.
 */
export function otherPixels({ digest, index }: OpenSet, here: string): LyceumError {
  const message = `set ${digest.slice(0, 12)}: this program (${here}) decodes its pictures to other pixels than the one that registered it (${index.decoder}); use the same version on the same kind of processor, or register the set again with this one`;
  return new LyceumError('FAILED_PRECONDITION', message);
}

function pictureText({ digest, index }: OpenSet, sample: number): string {
  return `picture ${sample} of set ${digest.slice(0, 12)}, in ${shownUrl(pictureUrl(index, sample))}`;
}
