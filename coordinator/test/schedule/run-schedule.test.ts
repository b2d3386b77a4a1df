// One run's window, then many random orders of events. Two rules must always hold: each step's target is sent once
// per attachment, in order, and never before all its answers are there.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { RunSchedule, type ScheduleEffect } from '../../src/schedule/run-schedule.js';
import { type SpanGrid, spanGrid, spanOfStep } from '../../src/schedule/span-grid.js';
import { randomFrom } from '../random.js';

const ROW_BYTES = 40;
// Spans of 2 steps, 5 spans an epoch; the last step of an epoch is shorter.
const large = spanGrid(stepPlan({ sampleCount: 20_000, batchSize: 2048, epochs: 2 }), ROW_BYTES);

function wants(effects: readonly ScheduleEffect[]): string[] {
  return effects.flatMap((e) => (e.kind === 'want' ? [`${e.teacher}:${e.span}`] : []));
}

function sends(effects: readonly ScheduleEffect[]): number[][] {
  return effects.flatMap((e) => (e.kind === 'send' ? [[e.firstStep, e.endStep]] : []));
}

describe('RunSchedule', () => {
  function schedule(teacherCount = 2, windowSteps = 6): RunSchedule {
    return new RunSchedule({ grid: large, teacherCount, windowSteps, viewCycle: 100 });
  }

  it('sends a span once all teachers have answered and the credit covers it', () => {
    const run = schedule();
    run.expected(0);
    expect(run.attached(0)).toEqual([]);
    expect(run.credited(6, 0)).toEqual([]);
    expect(run.spanComplete(0, 0)).toEqual([]);
    expect(run.waitingFor()).toEqual([1]);
    expect(sends(run.spanComplete(1, 0))).toEqual([[0, 2]]);
    expect(run.waitingFor()).toEqual([]);
  });

  it('holds a later span back until the span before it was sent', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(10, 0);
    expect(sends(run.spanComplete(0, 1))).toEqual([]);
    expect(sends(run.spanComplete(0, 0))).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  it('sends a part of a span if the credit ends within it', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(3, 0);
    run.spanComplete(0, 0);
    expect(sends(run.spanComplete(0, 1))).toEqual([[2, 3]]);
    expect(sends(run.credited(4, 3))).toEqual([[3, 4]]);
  });

  it('sends again from the step at which a student attaches again', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(4, 0);
    run.spanComplete(0, 0);
    run.spanComplete(0, 1);
    run.detached();
    expect(run.spanComplete(0, 2)).toEqual([]);
    // Spans 0 to 2 are still complete; the window has moved by a step.
    expect(wants(run.attached(1))).toEqual(['0:3']);
    expect(sends(run.credited(9, 1))).toEqual([
      [1, 2],
      [2, 4],
      [4, 6],
    ]);
  });

  it('refuses done steps whose targets were not sent, and steps beyond the run', () => {
    const run = schedule(1);
    run.attached(0);
    expect(() => run.credited(4, 1)).toThrow('only targets of steps below 0 were sent');
    expect(() => run.attached(21)).toThrow('the run has 20 steps');
  });

  it('wants an unreadable span again, and sends it again', () => {
    const run = schedule(2);
    run.attached(0);
    run.credited(4, 0);
    for (const teacher of [0, 1]) for (const span of [0, 1]) run.spanComplete(teacher, span);
    expect(run.spanUnreadable(1, 0, 0)).toEqual([{ kind: 'want', teacher: 1, span: 0 }]);
    expect(sends(run.spanComplete(1, 0))).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  it('withdraws open wants when it is closed', () => {
    const run = schedule(1, 4);
    run.attached(0);
    run.spanComplete(0, 0);
    expect(run.closed()).toEqual([{ kind: 'unwant', teacher: 0, span: 1 }]);
  });
});

function playRandomly(seed: number): void {
  const random = randomFrom(seed);
  const upTo = (n: number) => Math.floor(random() * n);
  const batchSize = 1 + upTo(700);
  const plan = stepPlan({ sampleCount: 1 + upTo(20_000), batchSize, steps: 1 + upTo(60) });
  const grid: SpanGrid = spanGrid(plan, ROW_BYTES);
  const teacherCount = 1 + upTo(3);
  const run = new RunSchedule({
    grid,
    teacherCount,
    windowSteps: 1 + upTo(40),
    viewCycle: 1 + upTo(4),
  });
  const open = new Set<string>();
  const answered = new Set<string>();
  // The student: attached or not, the next step whose target it expects, what it has done, its credit.
  let attached = false;
  let next = 0;
  let done = 0;
  let credit = 0;
  let checkpoint = 0;

  function apply(effects: readonly ScheduleEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        expect(attached).toBe(true);
        expect(effect.firstStep).toBe(next);
        expect(effect.endStep).toBeGreaterThan(next);
        expect(effect.endStep).toBeLessThanOrEqual(credit);
        const span = spanOfStep(grid, effect.firstStep);
        expect(spanOfStep(grid, effect.endStep - 1)).toBe(span);
        for (let t = 0; t < teacherCount; t++) expect(answered.has(`${t}:${span}`)).toBe(true);
        next = effect.endStep;
      } else if (effect.kind !== 'overdegraded') {
        const key = `${effect.teacher}:${effect.span}`;
        if (effect.kind === 'want') expect(open.has(key)).toBe(false);
        if (effect.kind === 'want') open.add(key);
        else expect(open.delete(key)).toBe(true);
      }
    }
  }

  apply(run.expected(0));
  for (let turn = 0; turn < 4_000 && done < plan.stepCount; turn++) {
    const roll = random();
    if (!attached) {
      attached = true;
      next = checkpoint;
      done = checkpoint;
      credit = checkpoint;
      apply(run.attached(checkpoint));
    } else if (roll < 0.02) {
      attached = false;
      run.detached();
    } else if (roll < 0.04) {
      apply(run.resized(1 + upTo(40)));
    } else if (roll < 0.5) {
      const key = [...open][upTo(open.size)];
      if (key === undefined) continue;
      open.delete(key);
      answered.add(key);
      const [teacher, span] = key.split(':').map(Number);
      apply(run.spanComplete(teacher as number, span as number));
    } else {
      done += upTo(next - done + 1);
      if (random() < 0.2) checkpoint = done;
      credit = Math.max(credit, done + 1 + upTo(12));
      apply(run.credited(credit, done));
    }
  }
  expect(done).toBe(plan.stepCount);
  apply(run.closed());
  expect(open.size).toBe(0);
}

it('RunSchedule sends in order, once, and finishes in 150 random orders of events', () => {
  for (let seed = 1; seed <= 150; seed++) playRandomly(seed);
});
