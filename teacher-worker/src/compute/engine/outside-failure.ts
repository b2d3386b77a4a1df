import { LyceumError } from '@lyceum/proto';

/**
 * The server behind a teacher refuses a question, or gives an answer that cannot be read. The question or the server
 * is at fault, not the worker that asked. The call was repeated as often as the teacher's description says.
 */
export class OutsideFailure extends LyceumError {
  constructor(message: string, options: ErrorOptions) {
    super('INVALID_ARGUMENT', message, options);
  }
}
