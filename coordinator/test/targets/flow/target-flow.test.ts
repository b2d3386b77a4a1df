// A run of four spans of two steps. Each test tells the flow what happens, and checks the actions that it returns.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { RunSchedule } from '../../../src/schedule/run-schedule.js';
import { SPAN_BYTES, spanGrid } from '../../../src/schedule/span-grid.js';
import {
  type TargetAction,
  TargetFlow,
  type TargetFlowSettings,
} from '../../../src/targets/flow/index.js';
import { anAsk } from '../../tickets/asks/an-ask.js';

const STEPS = 8;
const SPAN_STEPS = 2;
const grid = spanGrid(
  stepPlan({ sampleCount: STEPS, batchSize: 1, epochs: 1 }),
  SPAN_BYTES / SPAN_STEPS,
);
const here = { number: 1 };
const later = { number: 2 };

interface Options extends Partial<TargetFlowSettings> {
  readonly windowSteps?: number;
  /** The quorum's count. */
  readonly count?: number;
  /** Names of the teachers' models. */
  readonly models?: string;
}

function aFlow({ windowSteps = 2 * SPAN_STEPS, count, models = 'ab', ...settings }: Options = {}) {
  const teacherCount = models.length;
  const quorum =
    count === undefined
      ? undefined
      : { count, deadlineMs: 100, maxDegradedShare: 0.25, decided: new Map() };
  return new TargetFlow({
    schedule: new RunSchedule({ grid, teacherCount, windowSteps, viewCycle: 1, quorum }),
    grid,
    teacherCount,
    stepsPerPiece: 100,
    askOf: (teacher, span) => ({ ...anAsk(), id: `${models[teacher]}${span}` }),
    kept: quorum && [],
    wasServed: false,
    ...settings,
  });
}

/** In words: `ask a0`, `withdraw a0`, `release 0-2`, or the kind. */
function said(actions: readonly TargetAction[]): string[] {
  return actions.map((action) => {
    if (action.kind === 'ask') return `ask ${action.ask.id}`;
    if (action.kind === 'withdraw') return `withdraw ${action.askId}`;
    if (action.kind !== 'release') return action.kind;
    return `release ${action.range.firstStep}-${action.range.endStep}`;
  });
}

/** A flow whose student is attached from step 0 with all credit. */
function attachedFlow(options: Options = {}) {
  const flow = aFlow(options);
  flow.attached(here, 0);
  flow.credited(here, STEPS, 0);
  return flow;
}

function piece(firstStep: number, endStep: number, contributors = [0, 1]) {
  return { kind: 'write', piece: { firstStep, endStep, contributors } };
}

it('the grid of these tests has 4 spans of 2 steps', () => {
  expect(grid).toMatchObject({ stepsPerSpan: SPAN_STEPS, spanCount: 4 });
});

describe('TargetFlow asks', () => {
  it('for the window ahead of the expected student, once', () => {
    const flow = aFlow();
    expect(said(flow.expected(0))).toEqual(['ask a0', 'ask b0', 'ask a1', 'ask b1']);
    expect(said(flow.attached(here, 0))).toEqual([]);
    expect(flow.expected(4)).toEqual([]);
  });

  it('for more spans once the window grows or moves on', () => {
    const flow = attachedFlow();
    expect(said(flow.resized(3 * SPAN_STEPS))).toEqual(['ask a2', 'ask b2']);
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(said(flow.credited(here, STEPS, 2))).toEqual(['ask a3', 'ask b3']);
  });

  it('once for two teachers of one model', () => {
    const flow = aFlow({ models: 'aa' });
    expect(said(flow.expected(0))).toEqual(['ask a0', 'ask a1']);
    flow.attached(here, 0);
    flow.credited(here, 1, 0);
    expect(said(flow.satisfied('a0'))).toEqual(['release 0-1']);
    expect(said(flow.closed())).toEqual(['withdraw a1']);
  });

  it('and withdraws asks outside the window or of a closed run', () => {
    const flow = attachedFlow();
    flow.satisfied('a0');
    expect(said(flow.attached(later, 4))).toEqual([
      'withdraw b0',
      'withdraw a1',
      'withdraw b1',
      'ask a2',
      'ask b2',
      'ask a3',
      'ask b3',
    ]);
    expect(flow.satisfied('b0')).toEqual([]);
    expect(said(flow.closed())).toHaveLength(4);
  });

  it('and names the teachers and the span of a failed ask', () => {
    const flow = attachedFlow({ models: 'aab' });
    const failure = { kind: 'unanswerable', teachers: [0, 1], span: 1, reason: 'no such file' };
    expect(flow.failed('a1', 'no such file')).toEqual([failure]);
    expect(flow.failed('c7', 'no such file')).toEqual([]);
  });
});

describe('TargetFlow writes', () => {
  it('spans in order, once all teachers have answered', () => {
    const flow = attachedFlow();
    for (const ask of ['a1', 'b1', 'a0']) expect(flow.satisfied(ask)).toEqual([]);
    expect(flow.next(here)).toBeUndefined();
    expect(said(flow.satisfied('b0'))).toEqual(['release 0-2', 'release 2-4']);
    expect(flow.next(here)).toEqual(piece(0, 2));
    expect(flow.next(here)).toEqual(piece(2, 4));
    expect(flow.next(here)).toBeUndefined();
  });

  it('pieces of at most stepsPerPiece steps', () => {
    const flow = attachedFlow({ stepsPerPiece: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual(piece(0, 1));
    expect(flow.next(here)).toEqual(piece(1, 2));
    expect(flow.next(here)).toBeUndefined();
  });

  it('nothing to a call that another has replaced, or that was detached', () => {
    const flow = attachedFlow();
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    flow.attached(later, 0);
    expect(flow.next(here)).toBeUndefined();
    // The last credit of the former call comes late.
    expect(flow.credited(here, STEPS, 0)).toEqual([]);
    expect(said(flow.credited(later, 1, 0))).toEqual(['release 0-1']);
    expect(flow.next(here)).toBeUndefined();
    flow.detached(here);
    expect(flow.next(later)).toEqual(piece(0, 1));
    flow.detached(later);
    expect(flow.next(later)).toBeUndefined();
    expect(flow.satisfied('a1')).toEqual([]);
  });

  it('nothing after it was closed', () => {
    const flow = attachedFlow();
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    flow.closed();
    expect(flow.next(here)).toBeUndefined();
  });

  it('an unreadable piece again, and the following ones', () => {
    const flow = attachedFlow({ stepsPerPiece: 1 });
    for (const ask of ['a0', 'b0', 'a1', 'b1']) flow.satisfied(ask);
    flow.next(here);
    const unread = { firstStep: 1, endStep: 2, contributors: [0, 1] };
    expect(flow.next(here)).toEqual({ kind: 'write', piece: unread });
    expect(said(flow.unreadable(here, unread, [1]))).toEqual(['ask b0']);
    expect(flow.next(here)).toBeUndefined();
    expect(said(flow.satisfied('b0'))).toEqual(['release 1-2', 'release 2-4']);
    expect(flow.next(here)).toEqual({ kind: 'write', piece: unread });
  });

  it('nothing again for an unreadable piece of a replaced call', () => {
    const flow = attachedFlow();
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    flow.next(here);
    flow.attached(later, 0);
    flow.credited(later, STEPS, 0);
    const unread = { firstStep: 0, endStep: 2, contributors: [0, 1] };
    expect(flow.unreadable(here, unread, [1])).toEqual([]);
    expect(flow.next(later)).toEqual(piece(0, 2));
  });
});

describe('TargetFlow with a quorum', () => {
  it('goes on without late teachers after the deadline, and keeps the contributors first', () => {
    const flow = attachedFlow({ count: 1 });
    flow.satisfied('a0');
    expect(flow.tick(0)).toEqual([]);
    expect(flow.tick(99)).toEqual([]);
    expect(said(flow.tick(100))).toEqual(['release 0-2']);
    const keep = { kind: 'keep', span: 0, contributors: [0] };
    expect(flow.next(here)).toEqual(keep);
    expect(flow.next(here)).toEqual(keep);
    expect(flow.reachedStep).toBe(0);
    const degraded = { kind: 'degraded', steps: { firstStep: 0, endStep: 2 }, lacking: [1] };
    expect(flow.kept(0, [0])).toEqual([degraded]);
    expect(flow.kept(0, [0])).toEqual([]);
    expect(flow.next(here)).toEqual(piece(0, 2, [0]));
  });

  it('keeps the contributors of a complete span too, without a degraded action', () => {
    const flow = attachedFlow({ count: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual({ kind: 'keep', span: 0, contributors: [0, 1] });
    expect(flow.kept(0, [0, 1])).toEqual([]);
    expect(flow.next(here)).toEqual(piece(0, 2));
  });

  it('does not keep contributors that are kept already', () => {
    const flow = attachedFlow({ count: 1, kept: [0] });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual(piece(0, 2));
  });

  it('is overdegraded when too many steps would lack teachers', () => {
    const flow = attachedFlow({ count: 1 });
    for (const ask of ['a0', 'a1']) flow.satisfied(ask);
    flow.tick(0);
    flow.tick(100);
    flow.credited(here, STEPS, 2);
    flow.tick(200);
    expect(flow.tick(300)).toEqual([{ kind: 'overdegraded', degradedSteps: 4, late: [1] }]);
  });
});

describe('TargetFlow.reachedStep', () => {
  it('is the end of the last written piece', () => {
    const flow = attachedFlow({ stepsPerPiece: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.reachedStep).toBe(0);
    flow.next(here);
    expect(flow.reachedStep).toBe(1);
    flow.attached(later, 0);
    expect(flow.reachedStep).toBe(1);
  });

  it('is the end of the run if it was served before, until a student attaches', () => {
    const flow = aFlow({ wasServed: true });
    expect(flow.reachedStep).toBe(STEPS);
    flow.expected(0);
    expect(flow.reachedStep).toBe(STEPS);
    flow.attached(here, 3);
    expect(flow.reachedStep).toBe(3);
  });
});

it('TargetFlow refuses steps beyond the run, and done steps that were not sent', () => {
  const flow = attachedFlow();
  expect(() => flow.credited(here, STEPS, 1)).toThrow('steps below 1 are reported as done');
  expect(() => flow.attached(later, STEPS + 1)).toThrow(`the run has ${STEPS} steps`);
  expect(flow.next(here)).toBeUndefined();
  // No call is attached now.
  expect(said(flow.expected(4))).toContain('ask a2');
});
