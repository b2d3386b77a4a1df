import type { TargetFrame } from '@lyceum/proto';

/** Target frames in order. The reader takes one at a time and sets the pace. */
export interface FrameSource {
  /**
   * @returns the next frame; undefined if there is none within `ms`.
   * @throws {LyceumError} FAILED_PRECONDITION if there will be none, and why.
   */
  next(ms: number): Promise<TargetFrame | undefined>;
  /** Answers are asked for that are not there yet. */
  isWaiting(): boolean;
  close(): void;
}
