/**
 * What a schedule of the learning rate says of itself: all that a run's schema, its cross-checks and the student ask of it.
 *
 * A schedule is one file with one of these, and one line in table.ts.
 */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';

export interface Schedule<Own extends z.ZodType<object>> {
  /** The one key of what a run writes. */
  readonly name: Extract<keyof z.output<Own>, string>;
  /** Fields and defaults, below that key. */
  readonly settings: Own;
  /** What is wrong between the fields as they are written, with its path below the key. */
  problem?(written: Readonly<Record<string, unknown>>): Problem | undefined;
  /**
   * The rate of a step: a pure function.
   *
   * @param step - from 0.
   * @param stepCount - steps of the whole run.
   */
  rate(settings: z.output<Own>, step: number, stepCount: number): number;
}
