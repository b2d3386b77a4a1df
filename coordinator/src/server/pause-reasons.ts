/** Why runs are paused, where more than one place finds it out. Pure. */
import { LyceumError } from '@lyceum/proto';

export const ANSWERS_FULL =
  "the coordinator's disk is full: there is no room for answers below its state folder";

/** A run's data set is gone or damaged, where the coordinator reads it: the run is paused with the message. */
export class UnreadableSetError extends LyceumError {
  constructor({ digest, path }: { digest: string; path?: string | undefined }, cause: LyceumError) {
    const [set, remedy] =
      path === undefined
        ? [digest.slice(0, 12), 'push the same set again']
        : [path, 'bring the same file back'];
    const message = `its data set ${set} cannot be read: ${cause.message}; ${remedy}, then coordinator resume lets the run go on`;
    super('FAILED_PRECONDITION', message, { cause });
  }
}
