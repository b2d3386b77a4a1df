/** The body of an answer, with a least speed: a byte a second would keep a connection open for ever. */
import type { Readable } from 'node:stream';
import { LyceumError } from '@lyceum/proto';

interface Steadiness {
  /** The speed is measured over this much time spent waiting for the body. */
  readonly windowMs: number;
  readonly leastBytesPerSecond: number;
  /** Turns an error of the stream into the one to throw. */
  readonly failure: (thrown: unknown) => LyceumError;
}

/**
 * The stream's chunks. Leaving the loop early destroys the stream. Time in which the reader does something else does
 * not count.
 *
 * @throws what `failure` makes of the stream's errors, and of UNAVAILABLE if the body is too slow.
 */
export async function* steadily(
  stream: Readable,
  { windowMs, leastBytesPerSecond, failure }: Steadiness,
): AsyncGenerator<Buffer, void, undefined> {
  const leastBytes = (leastBytesPerSecond * windowMs) / 1000;
  let came = 0;
  let waitedMs = 0;
  let slow: LyceumError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beganMs = 0;
  const watch = (): void => {
    beganMs = performance.now();
    timer = setTimeout(() => {
      if (came < leastBytes) {
        const message = `the answer comes too slowly: ${came} bytes in ${windowMs / 1000} s`;
        slow = new LyceumError('UNAVAILABLE', message);
        stream.destroy(slow);
      } else {
        came = 0;
        waitedMs = 0;
        watch();
      }
    }, windowMs - waitedMs);
  };
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      watch();
      const next = (await chunks.next()) as IteratorResult<Buffer, undefined>;
      clearTimeout(timer);
      if (next.done === true) return;
      waitedMs = Math.min(waitedMs + performance.now() - beganMs, windowMs);
      came += next.value.length;
      yield next.value;
    }
  } catch (err) {
    throw failure(slow ?? err);
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
