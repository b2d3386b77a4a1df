import type { TargetFrame } from '@lyceum/proto';

/** Target frames in order, for somebody who takes them one by one, as slowly as he likes. */
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
