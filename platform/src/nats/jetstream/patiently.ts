/** Repeats calls to JetStream that a busy server did not answer in time. */
import { NatsError, ErrorCode as NatsErrorCode } from 'nats';

/** Each try may take 5 s; a caller of the coordinator waits for 30 s. */
const TRIES = 3;

/**
 * Calls again if no answer came in time: the machine may be overloaded for seconds, or the connection was lost. Only
 * for calls that change nothing, or that may be carried out twice: a call without an answer may have been carried out.
 *
 * @throws what the last try threw.
 */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (err) {
      const isLate = err instanceof NatsError && err.code === NatsErrorCode.Timeout;
      if (!isLate || tries === TRIES) throw err;
    }
  }
}
