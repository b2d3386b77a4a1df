// Stories of one run's window, then many random orders of events against the two rules that must never
// break: each step's target leaves once per attachment, in order, and never before all its answers.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { RunSchedule, type ScheduleEffect } from '../../src/schedule/run-schedule.js';
import {
  endStepOfSpan,
  SPAN_BYTES,
  type SpanGrid,
  spanAt,
  spanGrid,
  spanOfStep,
} from '../../src/schedule/span-grid.js';
import { randomFrom } from '../random.js';

const ROW_BYTES = 40;
// Spans of 2 steps, 5 an epoch, the last step of which is shorter.
const large = spanGrid(stepPlan({ sampleCount: 20_000, batchSize: 2048, epochs: 2 }), ROW_BYTES);

function wants(effects: readonly ScheduleEffect[]): string[] {
  return effects.flatMap((e) => (e.kind === 'want' ? [`${e.teacher}:${e.span}`] : []));
}

function sends(effects: readonly ScheduleEffect[]): number[][] {
  return effects.flatMap((e) => (e.kind === 'send' ? [[e.firstStep, e.endStep]] : []));
}

describe('spanGrid', () => {
  it('cuts an epoch into equal spans of about 4,096 positions', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 9_000, batchSize: 128, epochs: 2 }), ROW_BYTES);
    // 71 steps in two spans.
    expect(grid).toMatchObject({
      spanPositions: 4608,
      stepsPerSpan: 36,
      spansPerEpoch: 2,
      spanCount: 4,
    });
    expect(spanAt(grid, 1)).toEqual({ epoch: 0, firstPosition: 4608, positionCount: 4392 });
    expect(spanAt(grid, 2)).toEqual({ epoch: 1, firstPosition: 0, positionCount: 4608 });
  });

  it('joins no epochs', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 900, batchSize: 128, epochs: 3 }), ROW_BYTES);
    expect(grid).toMatchObject({ spanPositions: 1024, spansPerEpoch: 1, spanCount: 3 });
  });

  it('keeps a large batch whole and narrows spans of long rows', () => {
    const plan = stepPlan({ sampleCount: 15_000, batchSize: 5_000, epochs: 1 });
    expect(spanGrid(plan, ROW_BYTES)).toMatchObject({ spanPositions: 5_000, spansPerEpoch: 3 });
    const small = stepPlan({ sampleCount: 9_000, batchSize: 32, epochs: 1 });
    expect(spanGrid(small, 128 * 1024).spanPositions).toBe(64);
    expect(spanGrid(small, SPAN_BYTES).spanPositions).toBe(32);
  });

  it('maps every step to the span that holds its positions', () => {
    for (const batchSize of [9, 128, 999]) {
      const plan = stepPlan({
        sampleCount: 2_500,
        batchSize,
        steps: 3 * Math.ceil(2_500 / batchSize) - 1,
      });
      const grid = spanGrid(plan, ROW_BYTES);
      for (let step = 0; step < plan.stepCount; step++) {
        const span = spanOfStep(grid, step);
        const { epoch, firstPosition, positionCount } = spanAt(grid, span);
        const position = (step % plan.stepsPerEpoch) * batchSize;
        expect(epoch).toBe(Math.floor(step / plan.stepsPerEpoch));
        expect(position).toBeGreaterThanOrEqual(firstPosition);
        expect(position).toBeLessThan(firstPosition + positionCount);
        expect(step).toBeLessThan(endStepOfSpan(grid, span));
      }
      expect(grid.spanCount).toBe(spanOfStep(grid, plan.stepCount - 1) + 1);
    }
  });
});

describe('RunSchedule', () => {
  function schedule(teacherCount = 2, windowSteps = 6, grid = large, viewCycle = 100): RunSchedule {
    return new RunSchedule({ grid, teacherCount, windowSteps, viewCycle });
  }

  it('asks every teacher for the spans of its window before anybody attached', () => {
    expect(wants(schedule().expected(0))).toEqual(['0:0', '1:0', '0:1', '1:1', '0:2', '1:2']);
  });

  it('sends a span once all teachers answered and the credit reaches', () => {
    const run = schedule();
    run.expected(0);
    expect(run.attached(0)).toEqual([]);
    expect(run.credited(6, 0)).toEqual([]);
    expect(run.spanComplete(0, 0)).toEqual([]);
    expect(run.waitingFor()).toEqual([1]);
    expect(sends(run.spanComplete(1, 0))).toEqual([[0, 2]]);
    expect(run.waitingFor()).toEqual([]);
  });

  it('holds a later span back until the one before it has left', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(10, 0);
    expect(sends(run.spanComplete(0, 1))).toEqual([]);
    expect(sends(run.spanComplete(0, 0))).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  it('asks for more steps ahead once there are more workers, and for fewer when they leave', () => {
    const run = schedule(1, 4);
    // Where its window lies is not known yet.
    expect(run.resized(6)).toEqual([]);
    expect(wants(run.expected(2))).toEqual(['0:1', '0:2', '0:3']);
    expect(wants(run.resized(10))).toEqual(['0:4', '0:5']);
    expect(run.resized(10)).toEqual([]);
    run.spanComplete(0, 4);
    expect(run.resized(4)).toEqual([
      { kind: 'unwant', teacher: 0, span: 3 },
      { kind: 'unwant', teacher: 0, span: 5 },
    ]);
  });

  it('does not ask again for what an earlier epoch still asks for', () => {
    // The second epoch, spans 5 to 9, shows what the first showed.
    const run = schedule(2, 20, large, 1);
    const first = wants(run.expected(0));
    const spans = new Set(first.map((want) => want.split(':')[1]));
    expect([...spans]).toEqual(['0', '1', '2', '3', '4']);
    for (const span of [0, 1, 2, 3]) {
      for (const teacher of [0, 1]) expect(run.spanComplete(teacher, span)).toEqual([]);
    }
    expect(run.spanComplete(1, 4)).toEqual([]);
    const next = wants(run.spanComplete(0, 4));
    expect(next).toEqual([5, 6, 7, 8, 9].flatMap((span) => [`0:${span}`, `1:${span}`]));
    // What is open stays open, though something before it must be asked for again.
    expect(run.spanUnreadable(0, 1, 0)).toEqual([{ kind: 'want', teacher: 0, span: 1 }]);
    expect(run.credited(1, 0)).toEqual([]);
  });

  it('moves the window with the steps done, over the end of an epoch and of the run', () => {
    const run = schedule(1, 4);
    run.attached(0);
    run.credited(20, 0);
    run.spanComplete(0, 0);
    expect(wants(run.credited(20, 2))).toEqual(['0:2']);
    const last = schedule(1, 40);
    expect(wants(last.attached(16))).toEqual(['0:8', '0:9']);
    expect(last.attached(20)).toEqual([
      { kind: 'unwant', teacher: 0, span: 8 },
      { kind: 'unwant', teacher: 0, span: 9 },
    ]);
  });

  it('sends a part of a span where the credit ends in it', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(3, 0);
    run.spanComplete(0, 0);
    expect(sends(run.spanComplete(0, 1))).toEqual([[2, 3]]);
    expect(sends(run.credited(4, 3))).toEqual([[3, 4]]);
  });

  it('covers its window of steps however short the spans of an epoch are', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 150, batchSize: 32, epochs: 4 }), ROW_BYTES);
    const run = schedule(1, 12, grid);
    expect(wants(run.attached(0))).toEqual(['0:0', '0:1', '0:2']);
    run.credited(12, 0);
    for (const span of [0, 1, 2]) run.spanComplete(0, span);
    expect(wants(run.credited(17, 5))).toEqual(['0:3']);
  });

  it('sends again from the step at which a student attaches anew', () => {
    const run = schedule(1);
    run.attached(0);
    run.credited(4, 0);
    run.spanComplete(0, 0);
    run.spanComplete(0, 1);
    run.detached();
    expect(run.spanComplete(0, 2)).toEqual([]);
    // Spans 0 to 2 are complete still; the window has moved a step.
    expect(wants(run.attached(1))).toEqual(['0:3']);
    expect(sends(run.credited(9, 1))).toEqual([
      [1, 2],
      [2, 4],
      [4, 6],
    ]);
  });

  it('refuses steps said to be done whose targets never left, and steps that do not exist', () => {
    const run = schedule(1);
    run.attached(0);
    expect(() => run.credited(4, 1)).toThrow('targets left only for those below 0');
    expect(() => run.attached(21)).toThrow('the run has 20 steps');
  });

  it('asks again for what turned out unreadable, and sends it again', () => {
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

  it('withdraws what is open when the run needs no more', () => {
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

it('keeps order, sends once and never stands still, in 150 random orders of events', () => {
  for (let seed = 1; seed <= 150; seed++) playRandomly(seed);
});
