/**
 * Calls from their beginning until their answers are taken: answers that are not read lie in memory. One connection can
 * ask without waiting for answers, and each call is one of the coordinator's.
 */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LyceumError } from '@lyceum/proto';

const CALLS_MAX = 64;

export class CallsUnderWay {
  #count = 0;

  /**
   * @returns aborts once the answer is not waited for.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if there are too many.
   */
  begin({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
    if (this.#count >= CALLS_MAX) {
      const message = `${CALLS_MAX} calls are under way, and more would be too many; ask again`;
      throw new LyceumError('RESOURCE_EXHAUSTED', message);
    }
    this.#count += 1;
    const left = new AbortController();
    const over = (): void => {
      response.off('close', over);
      socket.off('close', over);
      this.#count -= 1;
      left.abort();
    };
    // A response that waits behind others of its connection does not hear of the connection's end.
    setMaxListeners(0, socket);
    response.once('close', over);
    socket.once('close', over);
    return left.signal;
  }
}
