/**
 * What an error of the coordinator or of NATS means to a training, decided in one place. Pure.
 *
 * A peer that is away never costs a run anything: the worker waits for it. Only an answer ends a training:
 * that the run is someone else's, or that what was asked can never be done.
 */
import { LyceumError } from '@lyceum/proto';

/**
 * - `wait`    the peer is away or broke off; the same request may succeed later
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
    // How a call ends whose server is killed in the middle; a real fault of the server ends with its cure.
    case 'INTERNAL':
      return 'wait';
    case 'ABORTED':
      return 'lost';
    default:
      return 'fail';
  }
}

/** The coordinator does not know the run at all: then it is not ours either. */
export function coordinatorError(error: LyceumError): LyceumError {
  if (error.code !== 'NOT_FOUND') return error;
  return new LyceumError('ABORTED', error.message, { cause: error });
}
