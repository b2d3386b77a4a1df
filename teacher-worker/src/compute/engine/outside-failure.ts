import { LyceumError } from '@lyceum/proto';

/**
 * The server that a teacher is behind refuses what it is asked, or answers it with what nobody can read: the question is at fault,
 * or the server, and not the worker that asked. It has been tried as often as the teacher's description says.
 */
export class OutsideFailure extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_ARGUMENT', message, options);
  }
}
