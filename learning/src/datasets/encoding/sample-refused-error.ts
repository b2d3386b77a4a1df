import { LyceumError } from '@lyceum/proto';

/** A sample that cannot be taken; the others can. */
export class SampleRefusedError extends LyceumError {
  /** A few words by which refusals are counted. */
  readonly reason: string;

  constructor(reason: string, message = reason) {
    super('INVALID_ARGUMENT', message);
    this.reason = reason;
  }
}
