/** Plays many schedules of one seed, until one breaks a promise. */
import { playSchedule } from './play-schedule.js';
import type { Machines } from './world/index.js';

export interface SimulationResult {
  readonly seed: number;
  /** Number of schedules played, including the one that broke a promise. */
  readonly schedules: number;
  readonly events: number;
  readonly seconds: number;
  readonly schedulesPerSecond: number;
  readonly violation?: {
    readonly schedule: number;
    /** The promise that was broken. */
    readonly rule: string;
    readonly message: string;
    readonly trace: readonly string[];
  };
}

/** @param nowMs - a clock, used only to measure the speed. */
export function simulate(
  options: { readonly seed: number; readonly schedules: number; readonly firstSchedule?: number },
  nowMs: () => number,
  machines?: Machines,
): SimulationResult {
  const { seed, schedules, firstSchedule = 0 } = options;
  const startedAtMs = nowMs();
  let events = 0;
  const result = (count: number) => {
    const seconds = (nowMs() - startedAtMs) / 1000;
    const schedulesPerSecond = Math.round(count / Math.max(seconds, 1e-3));
    return {
      seed,
      schedules: count,
      events,
      seconds: Number(seconds.toFixed(2)),
      schedulesPerSecond,
    };
  };
  for (let index = 0; index < schedules; index++) {
    const schedule = firstSchedule + index;
    const { violation, eventCount } = playSchedule(seed, schedule, machines);
    events += eventCount;
    if (violation === undefined) continue;
    // The schedule is played once more with a trace: traces of all schedules would slow the simulation down.
    const { trace } = playSchedule(seed, schedule, machines, true);
    const { rule, message } = violation;
    return { ...result(index + 1), violation: { schedule, rule, message, trace } };
  }
  return result(schedules);
}
