/**
 * Who may hold how many bytes of pictures at once, encoded and decoded. What does not fit waits for its turn, first come, first
 * served, so that a large window is not passed by small ones for ever.
 *
 * Nothing waits here while it holds what others wait for: a window is given room for itself and for the largest part of its
 * reading at once. So everything ends as soon as those who have windows give them back.
 *
 * All windows lie in one shared buffer: shared buffers that are given up stay until every thread collects its garbage, which
 * threads that compute seldom do. A window that nobody has any more stays where it is, in case it is asked for again, until
 * its place is needed.
 */
import { constants } from 'node:buffer';
import { LyceumError } from '@lyceum/proto';

/** Windows together, at most: what one buffer can have. */
const ARENA_MAX_BYTES = constants.MAX_LENGTH;

/** Where a window lies. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

interface Waiting {
  readonly windowBytes: number;
  readonly readingBytes: number;
  readonly grant: (place: Place) => void;
}

export class WindowMemory {
  readonly totalBytes: number;
  readonly #arena: SharedArrayBuffer;
  /** Told after something was given back. */
  readonly #onRoom: () => void;
  /** Windows' places, by where they start. */
  #places: Place[] = [];
  /** Places that are not in use, the longest unused first, each with what to call when it is gone. */
  readonly #idle = new Map<Place, () => void>();
  readonly #waiting = new Set<Waiting>();
  #windowBytes = 0;
  #readingBytes = 0;

  constructor(totalBytes: number, onRoom: () => void = () => undefined) {
    this.totalBytes = totalBytes;
    // Pages that no window touches take no memory.
    this.#arena = new SharedArrayBuffer(Math.min(totalBytes, ARENA_MAX_BYTES));
    this.#onRoom = onRoom;
  }

  /** Bytes held now, unused windows included. */
  get usedBytes(): number {
    return this.#windowBytes + this.#readingBytes;
  }

  /** The bytes at a place. */
  at({ start, end }: Place): Uint8Array {
    return new Uint8Array(this.#arena, start, end - start);
  }

  /**
   * Waits for a window's room. What it takes is given back by {@link give} (the reading's) and {@link retire} or
   * {@link discard} (the place).
   *
   * @param readingBytes - that reading it needs at least, beside the window.
   * @returns a place for it, with anything in it.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if there will never be so much, CANCELLED once the signal aborts.
   */
  async admit(windowBytes: number, readingBytes: number, signal: AbortSignal): Promise<Place> {
    const wanted = windowBytes + readingBytes;
    if (wanted > this.totalBytes || windowBytes > this.#arena.byteLength) {
      throw tooSmall(windowBytes, readingBytes, this.totalBytes);
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(new LyceumError('CANCELLED', 'nobody waits for the window any more'));
        this.#serve();
      };
      const grant = (place: Place): void => {
        signal.removeEventListener('abort', leave);
        resolve(place);
      };
      const waiting: Waiting = { windowBytes, readingBytes, grant };
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
    if (this.#waiting.size > 0 || !this.#makeRoom(0, bytes)) return false;
    this.#readingBytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#readingBytes -= bytes;
    this.#serve();
    this.#onRoom();
  }

  /** The window at the place has no user now. @param onGone - called once the place may be another's. */
  retire(place: Place, onGone: () => void): void {
    this.#idle.set(place, onGone);
    this.#serve();
    this.#onRoom();
  }

  /** The retired window has a user again. */
  revive(place: Place): void {
    this.#idle.delete(place);
  }

  /** There is no window at the place. */
  discard(place: Place): void {
    this.#free(place);
    this.#serve();
    this.#onRoom();
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      const { windowBytes, readingBytes, grant } = waiting;
      if (!this.#makeRoom(windowBytes, readingBytes)) return;
      this.#waiting.delete(waiting);
      const start = firstGap(this.#places, windowBytes, this.#arena.byteLength) as number;
      const place = { start, end: start + windowBytes };
      this.#places = [...this.#places, place].sort((a, b) => a.start - b.start);
      this.#windowBytes += windowBytes;
      this.#readingBytes += readingBytes;
      grant(place);
    }
  }

  /** Frees unused windows, no more than needed. @returns false, and frees none, if all together would not be enough. */
  #makeRoom(windowBytes: number, readingBytes: number): boolean {
    const wanted = windowBytes + readingBytes;
    const fits = (places: readonly Place[], heldBytes: number): boolean =>
      heldBytes + this.#readingBytes + wanted <= this.totalBytes &&
      firstGap(places, windowBytes, this.#arena.byteLength) !== undefined;
    const inUse = this.#places.filter((place) => !this.#idle.has(place));
    if (!fits(inUse, sizeOf(inUse))) return false;
    for (const [place, onGone] of this.#idle) {
      if (fits(this.#places, this.#windowBytes)) break;
      this.#free(place);
      onGone();
    }
    return true;
  }

  #free(place: Place): void {
    this.#idle.delete(place);
    this.#places = this.#places.filter((other) => other !== place);
    this.#windowBytes -= place.end - place.start;
  }
}

/** Where the first gap of at least so many bytes begins. @param places - by start. */
function firstGap(places: readonly Place[], bytes: number, arenaBytes: number): number | undefined {
  let start = 0;
  for (const place of places) {
    if (place.start - start >= bytes) return start;
    start = place.end;
  }
  return arenaBytes - start >= bytes ? start : undefined;
}

function sizeOf(places: readonly Place[]): number {
  return places.reduce((sum, { start, end }) => sum + end - start, 0);
}

function tooSmall(windowBytes: number, readingBytes: number, totalBytes: number): LyceumError {
  const parts = `${windowBytes} bytes decoded and ${readingBytes} to read its largest part`;
  const message = `a window takes ${parts}, and all pictures together may take ${totalBytes}; give --data-memory-mib at least ${Math.ceil((windowBytes + readingBytes) / 1024 / 1024)}`;
  return new LyceumError('RESOURCE_EXHAUSTED', message);
}
