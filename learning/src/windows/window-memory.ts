/**
 * Who may hold how many bytes of pictures at once, encoded and decoded. What does not fit waits for its turn, first come, first
 * served, so that a large window is not passed by small ones for ever.
 *
 * Nothing waits here while it holds what others wait for: a window is given room for itself and for the largest part of its
 * reading at once. So everything ends as soon as those who have windows give them back.
 *
 * Buffers of windows that nobody has any more stay, in case the window is asked for again, until the room is needed; a new
 * window takes over the buffer of an old one where it fits, since what is left to the garbage collector stays for a while.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';

interface Waiting {
  readonly windowBytes: number;
  readonly readingBytes: number;
  readonly grant: (buffer: SharedArrayBuffer) => void;
  readonly fail: (thrown: unknown) => void;
}

/** A buffer that is this many times too large is not taken over: it would hold room that others need. */
const MAX_EXCESS = 2;

export class WindowMemory {
  readonly totalBytes: number;
  /** Told after something was given back. */
  readonly #onRoom: () => void;
  #usedBytes = 0;
  readonly #waiting = new Set<Waiting>();
  /** Buffers that nobody uses, the one that was given back first at the beginning; called when one is gone. */
  readonly #idle = new Map<SharedArrayBuffer, () => void>();

  constructor(totalBytes: number, onRoom: () => void = () => undefined) {
    this.totalBytes = totalBytes;
    this.#onRoom = onRoom;
  }

  /** Held now, buffers that nobody uses included. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Waits for a window's room. What it takes is given back by {@link give} (the reading's) and {@link retire} or
   * {@link discard} (the buffer).
   *
   * @param readingBytes - that reading it needs at least, beside the window.
   * @returns a buffer of at least `windowBytes`, with anything in it.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if there will never be so much, CANCELLED once the signal aborts.
   */
  admit(
    windowBytes: number,
    readingBytes: number,
    signal: AbortSignal,
  ): Promise<SharedArrayBuffer> {
    const wanted = windowBytes + readingBytes;
    if (wanted > this.totalBytes) throw tooSmall(windowBytes, readingBytes, this.totalBytes);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        windowBytes,
        readingBytes,
        grant: (buffer) => {
          signal.removeEventListener('abort', leave);
          resolve(buffer);
        },
        fail: (thrown) => {
          signal.removeEventListener('abort', leave);
          reject(toLyceumError(thrown));
        },
      };
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(new LyceumError('CANCELLED', 'nobody waits for the window any more'));
        this.#serve();
      };
      if (signal.aborted) {
        leave();
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
      this.#serve();
    });
  }

  /** Takes what need not be had: false, and nothing is taken, if there is no room or a window waits. */
  tryTake(bytes: number): boolean {
    return this.#waiting.size === 0 && this.#take(bytes);
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#serve();
    this.#onRoom();
  }

  /** The window in the buffer has no user now. @param onGone - called once the buffer is another's. */
  retire(buffer: SharedArrayBuffer, onGone: () => void): void {
    this.#idle.set(buffer, onGone);
    this.#serve();
    this.#onRoom();
  }

  /** The retired window has a user again. */
  revive(buffer: SharedArrayBuffer): void {
    this.#idle.delete(buffer);
  }

  /** There is no window in the buffer. */
  discard(buffer: SharedArrayBuffer): void {
    this.retire(buffer, () => undefined);
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      try {
        const buffer = this.#bufferFor(waiting);
        if (buffer === undefined) return;
        waiting.grant(buffer);
      } catch (err) {
        // The machine has less than the budget.
        waiting.fail(err);
      }
      this.#waiting.delete(waiting);
    }
  }

  #bufferFor({ windowBytes, readingBytes }: Waiting): SharedArrayBuffer | undefined {
    for (const [buffer, onGone] of this.#idle) {
      const { byteLength } = buffer;
      if (byteLength < windowBytes || byteLength > MAX_EXCESS * windowBytes) continue;
      this.#idle.delete(buffer);
      if (this.#take(readingBytes)) {
        onGone();
        return buffer;
      }
      this.#idle.set(buffer, onGone);
      break;
    }
    const bytes = windowBytes + readingBytes;
    if (!this.#take(bytes)) return undefined;
    try {
      return new SharedArrayBuffer(windowBytes);
    } catch (err) {
      this.#usedBytes -= bytes;
      throw err;
    }
  }

  /** Makes room of what nobody uses, no more than needed. */
  #take(bytes: number): boolean {
    let spare = 0;
    for (const { byteLength } of this.#idle.keys()) spare += byteLength;
    if (this.#usedBytes - spare + bytes > this.totalBytes) return false;
    for (const [buffer, onGone] of this.#idle) {
      if (this.#usedBytes + bytes <= this.totalBytes) break;
      this.#idle.delete(buffer);
      this.#usedBytes -= buffer.byteLength;
      onGone();
    }
    this.#usedBytes += bytes;
    return true;
  }
}

function tooSmall(windowBytes: number, readingBytes: number, totalBytes: number): LyceumError {
  const parts = `${windowBytes} bytes decoded and ${readingBytes} to read its largest part`;
  const message = `a window takes ${parts}, and all pictures together may take ${totalBytes}; give --data-memory-mib at least ${Math.ceil((windowBytes + readingBytes) / 1024 / 1024)}`;
  return new LyceumError('RESOURCE_EXHAUSTED', message);
}
