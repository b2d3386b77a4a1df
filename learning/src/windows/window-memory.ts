/**
 * How many bytes of pictures may be held at once, encoded and decoded. Windows that do not fit wait, first come, first
 * served, so that small windows cannot pass a large one for ever.
 *
 * No window waits while it holds memory that others wait for: it gets room for itself and for the largest part of its
 * reading at once. So all waiting ends as soon as users release their windows.
 *
 * All windows lie in one shared buffer: shared buffers that are dropped stay until every thread collects its garbage,
 * which computing threads seldom do. A window without users stays where it is, in case it is asked for again, until
 * its place is needed.
 */
import { constants } from 'node:buffer';
import { LyceumError } from '@lyceum/proto';

/** Greatest size of all windows together: the greatest size of a buffer. */
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
  /** Called after memory was given back. */
  readonly #onRoom: () => void;
  /** Places of windows, sorted by where they start. */
  #places: Place[] = [];
  /**
   * Places of windows without users, the longest unused first, each with the function to call when the place is taken.
   */
  readonly #idle = new Map<Place, () => void>();
  readonly #waiting = new Set<Waiting>();
  #windowBytes = 0;
  #readingBytes = 0;

  constructor(totalBytes: number, onRoom: () => void = () => undefined) {
    this.totalBytes = totalBytes;
    // Pages that are never touched take no memory.
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
   * Waits for a window's room. Give its parts back by {@link give} (the memory for reading) and by {@link retire} or
   * {@link discard} (the place).
   *
   * @param readingBytes - memory that reading needs at least, beside the window.
   * @returns a place for the window, with old bytes in it.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if the budget is smaller than this, CANCELLED once the signal aborts.
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

  /** Takes memory if there is room and no window waits. @returns false, having taken nothing, if not. */
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

  /** The window at the place has no users now. @param onGone - called when the place is given to another window. */
  retire(place: Place, onGone: () => void): void {
    this.#idle.set(place, onGone);
    this.#serve();
    this.#onRoom();
  }

  /** The retired window has a user again. */
  revive(place: Place): void {
    this.#idle.delete(place);
  }

  /** The place no longer holds a window. */
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

  /**
   * Frees unused windows, no more than needed. @returns false, having freed none, if all of them would not be enough.
   */
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

/** Where the first gap of at least so many bytes begins. @param places - sorted by start. */
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
