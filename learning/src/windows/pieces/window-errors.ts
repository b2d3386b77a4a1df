/** What keeps a window from being read, beside what objects' servers say. */
import { shownUrl } from '@lyceum/platform/objects';
import { LyceumError } from '@lyceum/proto';

/** Which picture of which set. */
export interface PicturePlace {
  /** Digest of the set, hex. */
  readonly set: string;
  /** Index into the set. */
  readonly sample: number;
  /** URL of the object that has it. */
  readonly url: string;
}

function placeText({ set, sample, url }: PicturePlace): string {
  return `picture ${sample} of set ${set.slice(0, 12)}, in ${shownUrl(url)}`;
}

/** A picture's bytes are not those that the set was made of. */
export class PictureDigestError extends LyceumError {
  readonly place: PicturePlace;

  constructor(place: PicturePlace) {
    const message = `${placeText(place)}: its bytes are not those that were registered; put the object back as it was, or register the set anew`;
    super('FAILED_PRECONDITION', message);
    this.place = place;
  }
}

/** A picture's bytes are those that the set was made of, and no picture. */
export class PictureDecodeError extends LyceumError {
  readonly place: PicturePlace;
  /** A few words: `damaged image`. */
  readonly reason: string;

  constructor(place: PicturePlace, reason: string, message: string) {
    const advice =
      'register the set anew with --check-pictures and --skip-refused, which leave such pictures out';
    super('INVALID_ARGUMENT', `${placeText(place)}: ${message}; ${advice}`);
    this.place = place;
    this.reason = reason;
  }
}

/** This program makes other pixels of pictures than the one that registered the set. */
export class PictureCanaryError extends LyceumError {
  /** Digest of the set, hex. */
  readonly set: string;

  constructor(set: string, registeredBy: string, here: string) {
    const message = `set ${set.slice(0, 12)}: this program (${here}) decodes its pictures to other pixels than the one that registered it (${registeredBy}); use the same version on the same kind of processor, or register the set anew with this one`;
    super('FAILED_PRECONDITION', message);
    this.set = set;
  }
}
