/** The table of all schedules of the learning rate. */
import type { z } from 'zod';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import type { Schedule } from './schedule.js';
import { step } from './step.js';

/** In the order in which messages name them. */
const TABLE = [constant, step, cosine] as const;

/** A schedule as a run writes it: its name, with its settings below. */
export type LearningRateSettings = z.output<(typeof TABLE)[number]['settings']>;

type AnySchedule = Omit<Schedule<z.ZodType<LearningRateSettings>>, 'name'> & {
  readonly name: (typeof TABLE)[number]['name'];
};

export const SCHEDULES: readonly AnySchedule[] = TABLE;

/** The schedule of this name; undefined: none. */
export function scheduleNamed(name: string): AnySchedule | undefined {
  return SCHEDULES.find((schedule) => schedule.name === name);
}

/**
 * @param step - from 0.
 * @param stepCount - steps of the whole run.
 * @returns the learning rate of that step.
 */
export function learningRate(
  settings: LearningRateSettings,
  step: number,
  stepCount: number,
): number {
  const schedule = SCHEDULES.find(({ name }) => name in settings);
  if (schedule === undefined) throw new Error(`no schedule ${Object.keys(settings)}`);
  return schedule.rate(settings, step, stepCount);
}
