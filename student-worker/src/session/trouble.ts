/**
 * What an error of the coordinator or of NATS means for a training, decided in one place. Pure.
 *
 * A peer that is away never costs a run anything: the worker waits. Only an answer ends a training: that the run
 * belongs to another worker, or that the request can never succeed.
 */
import { LyceumError } from '@lyceum/proto';

/**
 * - `wait`    the peer is away, or the connection broke; the same request may succeed later
 * - `lost`    the assignment is no longer this worker's
 * - `fail`    the same request will never succeed
 */
export type Trouble = 'wait' | 'lost' | 'fail';

export function troubleOf(error: LyceumError): Trouble {
  switch (error.code) {
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
    case 'CANCELLED':
      return 'wait';
    // A call ends so if its server is killed in the middle. For a real fault of the server, waiting for a mend is
    // right too.
    case 'INTERNAL':
      return 'wait';
    case 'ABORTED':
      return 'lost';
    default:
      return 'fail';
  }
}

/** The coordinator does not know the run at all: then the assignment is void too. */
export function coordinatorError(error: LyceumError): LyceumError {
  if (error.code !== 'NOT_FOUND') return error;
  return new LyceumError('ABORTED', error.message, { cause: error });
}
