// A run that may go on without late teachers; the clock is a number. Spans have 2 steps, the run 20.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import {
  type QuorumSettings,
  RunSchedule,
  type ScheduleEffect,
} from '../../src/schedule/run-schedule.js';
import { spanGrid } from '../../src/schedule/span-grid.js';

const grid = spanGrid(stepPlan({ sampleCount: 20_000, batchSize: 2048, epochs: 2 }), 40);

function schedule(terms: Partial<QuorumSettings> = {}, windowSteps = 4): RunSchedule {
  return new RunSchedule({
    grid,
    teacherCount: 3,
    windowSteps,
    viewCycle: 100,
    quorum: { count: 2, deadlineMs: 100, maxDegradedShare: 1, decided: new Map(), ...terms },
  });
}

/** Attached at `step`, with credit for the rest of the run. */
function attached(run: RunSchedule, step = 0): RunSchedule {
  run.attached(step);
  run.credited(20, step);
  return run;
}

function sends(effects: readonly ScheduleEffect[]): unknown[] {
  return effects.flatMap((e) =>
    e.kind === 'send' ? [{ steps: [e.firstStep, e.endStep], of: e.contributors }] : [],
  );
}

function asks(effects: readonly ScheduleEffect[], kind: 'want' | 'unwant'): string[] {
  return effects.flatMap((e) => (e.kind === kind ? [`${e.teacher}:${e.span}`] : []));
}

describe('RunSchedule with a quorum of 2 of 3 teachers', () => {
  it('sends a span at once that all teachers answered', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
    expect(run.degradedSteps()).toBe(0);
  });

  it('goes on without the third teacher once the idle student has waited for the deadline', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    expect(run.tick(0)).toEqual([]);
    run.spanComplete(2, 0);
    // The wait begins here, with the quorum, not with the first answer.
    expect(run.tick(50)).toEqual([]);
    expect(run.tick(149)).toEqual([]);
    expect(run.waitingFor()).toEqual([1]);
    expect(sends(run.tick(150))).toEqual([{ steps: [0, 2], of: [0, 2] }]);
    expect(run.degradedSteps()).toBe(2);
  });

  it('includes the third teacher if it answers before the deadline', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    run.tick(0);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
    expect(run.tick(1_000)).toEqual([]);
  });

  it('never sends a span below the quorum', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.tick(0);
    expect(run.tick(1e9)).toEqual([]);
  });

  it('counts the deadline anew for each span, and only while the student is idle', () => {
    const run = attached(schedule());
    for (const span of [0, 1]) for (const teacher of [0, 1]) run.spanComplete(teacher, span);
    run.tick(0);
    run.tick(100);
    // The student trains on steps 0 and 1.
    expect(run.tick(1_000)).toEqual([]);
    run.credited(20, 2);
    expect(run.tick(1_010)).toEqual([]);
    expect(run.tick(1_109)).toEqual([]);
    expect(sends(run.tick(1_110))).toEqual([{ steps: [2, 4], of: [0, 1] }]);
    // No tick came while the student trained on steps 2 and 3.
    for (const teacher of [0, 1]) run.spanComplete(teacher, 2);
    run.credited(20, 4);
    expect(run.tick(2_000)).toEqual([]);
  });

  it('does not count time while the student is detached', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(1, 0);
    run.tick(0);
    run.detached();
    expect(run.tick(500)).toEqual([]);
    attached(run);
    expect(run.tick(501)).toEqual([]);
    attached(run);
    expect(run.tick(601)).toEqual([]);
    expect(sends(run.tick(701))).toHaveLength(1);
  });

  it('waits for all teachers again if a fully sent span has an unreadable answer', () => {
    const run = attached(schedule());
    for (const teacher of [0, 1, 2]) run.spanComplete(teacher, 0);
    run.spanUnreadable(1, 0, 0);
    run.tick(0);
    expect(run.tick(1_000)).toEqual([]);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
  });

  it('sends a span again with its former contributors, though all teachers have answered since', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    run.tick(0);
    run.tick(100);
    run.spanComplete(1, 0);
    run.attached(1);
    expect(sends(run.credited(20, 1))).toEqual([{ steps: [1, 2], of: [0, 2] }]);
  });

  it('keeps earlier decisions, and wants decided spans only from their contributors', () => {
    const decided = new Map([
      [0, [1]],
      [1, [0, 1, 2]],
    ]);
    const run = schedule({ decided });
    expect(asks(run.expected(0), 'want')).toEqual(['1:0', '0:1', '1:1', '2:1']);
    expect(run.degradedSteps()).toBe(2);
    attached(run);
    expect(run.waitingFor()).toEqual([1]);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [1] }]);
    run.credited(20, 2);
    // A span that was sent in full waits for all.
    run.spanComplete(0, 1);
    run.spanComplete(1, 1);
    run.tick(0);
    expect(run.tick(1_000)).toEqual([]);
    expect(sends(run.spanComplete(2, 1))).toEqual([{ steps: [2, 4], of: [0, 1, 2] }]);
  });

  it('waits for a contributor whose answers were unreadable', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    run.tick(0);
    run.tick(100);
    run.spanUnreadable(2, 0, 0);
    run.spanComplete(1, 0);
    run.tick(1_000);
    expect(run.tick(2_000)).toEqual([]);
    expect(run.waitingFor()).toEqual([2]);
    expect(sends(run.spanComplete(2, 0))).toEqual([{ steps: [0, 2], of: [0, 2] }]);
  });

  it('wants late answers of one window behind, and no older ones', () => {
    const run = attached(schedule());
    for (let span = 0; span < 5; span++) {
      for (const teacher of [0, 1]) run.spanComplete(teacher, span);
      run.tick(span * 1_000);
      run.tick(span * 1_000 + 100);
      // The window is two spans: the span just done and the one before stay wanted from teacher 2.
      const done = 2 * (span + 1);
      expect(asks(run.credited(20, done), 'unwant')).toEqual(span < 2 ? [] : [`2:${span - 2}`]);
    }
    expect(run.closed().every((effect) => effect.kind === 'unwant')).toBe(true);
    expect(run.openWantCount()).toBe(0);
  });

  it('is overdegraded before more than maxDegradedShare of the steps lack a teacher', () => {
    // 3 of 20 steps.
    const run = attached(schedule({ maxDegradedShare: 0.15 }));
    for (const span of [0, 1]) for (const teacher of [0, 1]) run.spanComplete(teacher, span);
    run.tick(0);
    expect(sends(run.tick(100))).toHaveLength(1);
    run.credited(20, 2);
    run.tick(200);
    expect(run.tick(300)).toEqual([{ kind: 'overdegraded', degradedSteps: 4, late: [2] }]);
    expect(run.degradedSteps()).toBe(2);
  });
});

it('RunSchedule without a quorum ignores the clock', () => {
  const run = new RunSchedule({ grid, teacherCount: 2, windowSteps: 4, viewCycle: 100 });
  attached(run);
  run.spanComplete(0, 0);
  run.tick(0);
  expect(run.tick(1e9)).toEqual([]);
});
