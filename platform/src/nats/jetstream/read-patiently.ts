/** Reads that are asked for again where a busy server did not answer in time. */
import { NatsError, ErrorCode as NatsErrorCode } from 'nats';

/** Each may take 5 s; a caller of the coordinator waits for 30 s. */
const TRIES = 3;

/**
 * Reads again if no answer came in time: the machine may be overloaded for seconds, or the connection was lost. Only for
 * calls that change nothing: one without an answer may have been carried out.
 *
 * @throws what the last try threw.
 */
export async function readPatiently<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (err) {
      const isLate = err instanceof NatsError && err.code === NatsErrorCode.Timeout;
      if (!isLate || tries === TRIES) throw err;
    }
  }
}
