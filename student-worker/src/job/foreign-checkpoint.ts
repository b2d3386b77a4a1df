/** A checkpoint that is whole, but that this build cannot read: another build wrote it, and can go on from it. */
import { LyceumError } from '@lyceum/proto';

export class ForeignCheckpointError extends LyceumError {
  constructor(what: string, reason: string) {
    super(
      'FAILED_PRECONDITION',
      `${what} was written by another build, whose checkpoints this one cannot read: ${reason}`,
    );
  }
}
