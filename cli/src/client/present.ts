import { LyceumError } from '@lyceum/proto';

/** proto3 makes every message optional; the service promises these. */
export function present<T>(message: T | undefined): T {
  if (message === undefined)
    throw new LyceumError('INTERNAL', 'the coordinator answered without a value');
  return message;
}
