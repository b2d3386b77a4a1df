/** Options of long calls, and how long a coordinator that is away is waited for. */
import type { LyceumError } from '@lyceum/proto';

/** How long a watch tries to reach a coordinator that went away. */
export const AWAY_MAX_MS = 60_000;

/** Deadline for calls during which the coordinator works. */
export const LONG_CALL_MS = 120_000;

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface TransferOptions extends Cancellable {
  /** Called with the number of bytes so far, and of all; undefined: not known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}

export interface WaitOptions extends Cancellable {
  /** Called with the reason for waiting whenever that changes. */
  readonly onWaiting?: (reason: string) => void;
}

export interface WatchOptions extends Cancellable {
  /** Called once each time that the coordinator is gone, before the next try. */
  readonly onAway?: (error: LyceumError) => void;
}
