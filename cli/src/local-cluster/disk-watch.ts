/**
 * Notices when the disk of a local cluster's NATS is full, and when it has room again. NATS gives a stream up that
 * it could not write, and takes nothing more for it until it is started anew, whatever room there is by then.
 */
import { availableBytes } from '@lyceum/platform';

const LOOK_EVERY_MS = 1_000;

/** Below this a write of some size fails. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** From here on it is worth a new start. */
export const ROOM_FROM_MIB = 16;

/** Whether a disk counts as full; between the two bounds it stays what it was. */
function isDiskFull(wasFull: boolean, available: number): boolean {
  if (available < FULL_BELOW_BYTES) return true;
  return wasFull && available < ROOM_FROM_MIB * 1024 * 1024;
}

export interface DiskWatchOptions {
  readonly folder: string;
  /** Told once each time that the disk has become full. */
  readonly full: () => void;
  /** Called when there is room again, and again later if it rejects. */
  readonly roomAgain: () => Promise<void>;
}

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #isFull = false;
  #recovery: Promise<void> | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** @returns whether the disk is full, or has been and what follows from it is still to be done. */
  look(): boolean {
    if (this.#recovery !== undefined) return true;
    const { folder, full, roomAgain } = this.#options;
    const wasFull = this.#isFull;
    this.#isFull = isDiskFull(wasFull, available(folder));
    if (this.#isFull && !wasFull) full();
    if (wasFull && !this.#isFull) {
      this.#isFull = true;
      this.#recovery = roomAgain()
        .then(
          () => {
            this.#isFull = false;
          },
          () => undefined,
        )
        .finally(() => {
          this.#recovery = undefined;
        });
      return true;
    }
    return this.#isFull;
  }

  /** Looks no more; what is under way is finished. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recovery;
  }
}

/** A folder that is gone is no full disk. */
function available(folder: string): number {
  try {
    return availableBytes(folder);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
