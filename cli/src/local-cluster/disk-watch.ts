/**
 * Notices when the disk of a local cluster's NATS is full, and when it has room again. If NATS cannot write a stream,
 * it takes no more messages for the stream until NATS is restarted, even if the disk has room again.
 */
import { availableBytes } from '@lyceum/platform';

const LOOK_EVERY_MS = 1_000;

/** With less room than this, larger writes fail. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** With this much room NATS is restarted. */
export const ROOM_FROM_MIB = 16;

/** Whether a disk counts as full; between the two limits the former state stays. */
function isDiskFull(wasFull: boolean, available: number): boolean {
  if (available < FULL_BELOW_BYTES) return true;
  return wasFull && available < ROOM_FROM_MIB * 1024 * 1024;
}

export interface DiskWatchOptions {
  readonly folder: string;
  /** Called once each time the disk has become full. */
  readonly full: () => void;
  /** Called when there is room again; called again later if it rejects. */
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

  /** @returns whether the disk is full, or was full and `roomAgain` has not succeeded yet. */
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

  /** Stops looking, and waits for a `roomAgain` under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recovery;
  }
}

/** Free bytes of the folder's disk; infinite if the folder is gone, which is no full disk. */
function available(folder: string): number {
  try {
    return availableBytes(folder);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
