import { LyceumError } from '@lyceum/proto';

/** A sample that cannot be taken. Its neighbours can. */
export class SampleRefusedError extends LyceumError {
  /** The reason in a few words: refusals are counted by it. */
  readonly reason: string;

  constructor(reason: string, message = reason) {
    super('INVALID_ARGUMENT', message);
    this.reason = reason;
  }
}
