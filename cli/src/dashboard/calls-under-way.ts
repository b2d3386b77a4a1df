/**
 * Counts calls from their beginning until their answers are read: unread answers lie in memory. One connection can
 * send many requests without reading answers, and each request is a call of the coordinator.
 */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LyceumError } from '@lyceum/proto';

const CALLS_MAX = 64;

export class CallsUnderWay {
  #count = 0;

  /**
   * @returns a signal that aborts once nobody waits for the answer.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if too many calls are under way.
   */
  begin({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
    if (this.#count >= CALLS_MAX) {
      const message = `${CALLS_MAX} calls are under way, as many as may be; ask again`;
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
    // Responses that wait behind others on a connection are not told of its end, so each listens to the socket.
    setMaxListeners(0, socket);
    response.once('close', over);
    socket.once('close', over);
    return left.signal;
  }
}
