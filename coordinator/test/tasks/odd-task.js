/** A task for the tests of `runTask`: sleeps, returns its thread's id, fails, or ends its thread. */
import { threadId } from 'node:worker_threads';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';

/** @param {{ name?: string, sleepMs?: number, does?: 'fail' | 'refuse' | 'exit' }} request */
export function task({ name, sleepMs = 0, does }) {
  if (sleepMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, sleepMs);
  if (does === 'fail') throw new LyceumError('NOT_FOUND', 'it is not there');
  if (does === 'refuse') throw new InvalidDocumentError('x', [{ path: 'a.b', message: 'is bad' }]);
  if (does === 'exit') process.exit(3);
  return { name, threadId };
}
