// Stories of a run that may go on without late teachers; the clock is a number. Spans have 2 steps, the run 20.
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

describe('a quorum of 2 of 3', () => {
  it('sends at once what everybody answered', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
    expect(run.degradedSteps()).toBe(0);
  });

  it('goes on without the third once the idle student has waited for the deadline', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    expect(run.tick(0)).toEqual([]);
    run.spanComplete(2, 0);
    // The wait begins here, not when only one had answered.
    expect(run.tick(50)).toEqual([]);
    expect(run.tick(149)).toEqual([]);
    expect(run.waitingFor()).toEqual([1]);
    expect(sends(run.tick(150))).toEqual([{ steps: [0, 2], of: [0, 2] }]);
    expect(run.degradedSteps()).toBe(2);
  });

  it('takes the third in if it comes before', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    run.tick(0);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
    expect(run.tick(1_000)).toEqual([]);
  });

  it('never goes on below the quorum', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.tick(0);
    expect(run.tick(1e9)).toEqual([]);
  });

  it('waits anew for each span, and only while the student is idle', () => {
    const run = attached(schedule());
    for (const span of [0, 1]) for (const teacher of [0, 1]) run.spanComplete(teacher, span);
    run.tick(0);
    run.tick(100);
    // It trains on steps 0 and 1.
    expect(run.tick(1_000)).toEqual([]);
    run.credited(20, 2);
    expect(run.tick(1_010)).toEqual([]);
    expect(run.tick(1_109)).toEqual([]);
    expect(sends(run.tick(1_110))).toEqual([{ steps: [2, 4], of: [0, 1] }]);
    // Nobody looked at the clock while it trained on them.
    for (const teacher of [0, 1]) run.spanComplete(teacher, 2);
    run.credited(20, 4);
    expect(run.tick(2_000)).toEqual([]);
  });

  it('does not count the wait of a student that is gone', () => {
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

  it('stays in full where it was sent in full, though an answer turned out unreadable', () => {
    const run = attached(schedule());
    for (const teacher of [0, 1, 2]) run.spanComplete(teacher, 0);
    run.spanUnreadable(1, 0, 0);
    run.tick(0);
    expect(run.tick(1_000)).toEqual([]);
    expect(sends(run.spanComplete(1, 0))).toEqual([{ steps: [0, 2], of: [0, 1, 2] }]);
  });

  it('sends a span again as it was, though everybody has answered by now', () => {
    const run = attached(schedule());
    run.spanComplete(0, 0);
    run.spanComplete(2, 0);
    run.tick(0);
    run.tick(100);
    run.spanComplete(1, 0);
    run.attached(1);
    expect(sends(run.credited(20, 1))).toEqual([{ steps: [1, 2], of: [0, 2] }]);
  });

  it('keeps to what was decided before it began, and asks nobody else', () => {
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

  it('waits for a contributor whose answers turned out unreadable', () => {
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

  it('still wants late answers of a window behind, and no older ones', () => {
    const run = attached(schedule());
    for (let span = 0; span < 5; span++) {
      for (const teacher of [0, 1]) run.spanComplete(teacher, span);
      run.tick(span * 1_000);
      run.tick(span * 1_000 + 100);
      // Two spans are the window: the one done and the one before stay wanted of teacher 2.
      const done = 2 * (span + 1);
      expect(asks(run.credited(20, done), 'unwant')).toEqual(span < 2 ? [] : [`2:${span - 2}`]);
    }
    expect(run.closed().every((effect) => effect.kind === 'unwant')).toBe(true);
    expect(run.openWantCount()).toBe(0);
  });

  it('stops the run before more of its steps go without than may', () => {
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

it('without a quorum nobody looks at the clock', () => {
  const run = new RunSchedule({ grid, teacherCount: 2, windowSteps: 4, viewCycle: 100 });
  attached(run);
  run.spanComplete(0, 0);
  run.tick(0);
  expect(run.tick(1e9)).toEqual([]);
});
