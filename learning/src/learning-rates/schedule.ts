/**
 * All facts about a schedule of the learning rate: for a run's schema, the checks between fields and the student.
 *
 * A schedule is one file with one of these, and one line in table.ts.
 */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';

export interface Schedule<Own extends z.ZodType<object>> {
  /** The one key that a run writes. */
  readonly name: Extract<keyof z.output<Own>, string>;
  /** Fields below that key, with defaults. */
  readonly settings: Own;
  /** What is wrong between the written fields, with a path below the key. */
  problem?(written: Readonly<Record<string, unknown>>): Problem | undefined;
  /**
   * The rate of a step: a pure function.
   *
   * @param step - from 0.
   * @param stepCount - steps of the whole run.
   */
  rate(settings: z.output<Own>, step: number, stepCount: number): number;
}
