/** How calls that last are followed, and for how long they are missed. */
import type { LyceumError } from '@lyceum/proto';

/** How long a watch goes on trying to reach a coordinator that went away. */
export const AWAY_MAX_MS = 60_000;

/** For what the coordinator works on while it is called. */
export const LONG_CALL_MS = 120_000;

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface TransferOptions extends Cancellable {
  /** Told how many bytes have gone or come, and of how many; undefined: not known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}

export interface WaitOptions extends Cancellable {
  /** Told why nothing comes yet, whenever that changes. */
  readonly onWaiting?: (reason: string) => void;
}

export interface WatchOptions extends Cancellable {
  /** Told once each time that the coordinator is gone, before trying again. */
  readonly onAway?: (error: LyceumError) => void;
}
