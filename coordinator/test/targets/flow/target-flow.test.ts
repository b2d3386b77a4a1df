// A run of four spans of two steps. Each test tells the flow what happens, and compares what is to be asked, withdrawn
// and written with what it should be.
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
  /** Of the quorum. */
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

it('has the grid that the tests mean', () => {
  expect(grid).toMatchObject({ stepsPerSpan: SPAN_STEPS, spanCount: 4 });
});

describe('asks', () => {
  it('for the window ahead of the expected student, and not twice', () => {
    const flow = aFlow();
    expect(said(flow.expected(0))).toEqual(['ask a0', 'ask b0', 'ask a1', 'ask b1']);
    expect(said(flow.attached(here, 0))).toEqual([]);
    expect(flow.expected(4)).toEqual([]);
  });

  it('for more once the window is longer or moves on', () => {
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

  it('and withdraws what the run needs no more', () => {
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

  it('and says which teachers cannot answer which span', () => {
    const flow = attachedFlow({ models: 'aab' });
    const failure = { kind: 'unanswerable', teachers: [0, 1], span: 1, reason: 'no such file' };
    expect(flow.failed('a1', 'no such file')).toEqual([failure]);
    expect(flow.failed('c7', 'no such file')).toEqual([]);
  });
});

describe('writes', () => {
  it('a span once all have answered it, in order', () => {
    const flow = attachedFlow();
    for (const ask of ['a1', 'b1', 'a0']) expect(flow.satisfied(ask)).toEqual([]);
    expect(flow.next(here)).toBeUndefined();
    expect(said(flow.satisfied('b0'))).toEqual(['release 0-2', 'release 2-4']);
    expect(flow.next(here)).toEqual(piece(0, 2));
    expect(flow.next(here)).toEqual(piece(2, 4));
    expect(flow.next(here)).toBeUndefined();
  });

  it('no more at a time than can be read', () => {
    const flow = attachedFlow({ stepsPerPiece: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual(piece(0, 1));
    expect(flow.next(here)).toEqual(piece(1, 2));
    expect(flow.next(here)).toBeUndefined();
  });

  it('nothing to a call that is over', () => {
    const flow = attachedFlow();
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    flow.attached(later, 0);
    expect(flow.next(here)).toBeUndefined();
    // Its last credit comes late.
    expect(flow.credited(here, STEPS, 0)).toEqual([]);
    expect(said(flow.credited(later, 1, 0))).toEqual(['release 0-1']);
    expect(flow.next(here)).toBeUndefined();
    flow.detached(here);
    expect(flow.next(later)).toEqual(piece(0, 1));
    flow.detached(later);
    expect(flow.next(later)).toBeUndefined();
    expect(flow.satisfied('a1')).toEqual([]);
  });

  it('nothing once the run needs no more', () => {
    const flow = attachedFlow();
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    flow.closed();
    expect(flow.next(here)).toBeUndefined();
  });

  it('again, from there on, what could not be read', () => {
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

  it('nothing again for a read of a call that is over', () => {
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

describe('a quorum', () => {
  it('goes on without the late after the deadline, and what it is made of is kept first', () => {
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

  it('keeps what all contributed to as well, without a word', () => {
    const flow = attachedFlow({ count: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual({ kind: 'keep', span: 0, contributors: [0, 1] });
    expect(flow.kept(0, [0, 1])).toEqual([]);
    expect(flow.next(here)).toEqual(piece(0, 2));
  });

  it('keeps nothing twice', () => {
    const flow = attachedFlow({ count: 1, kept: [0] });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.next(here)).toEqual(piece(0, 2));
  });

  it('ends a run of which too many steps would lack teachers', () => {
    const flow = attachedFlow({ count: 1 });
    for (const ask of ['a0', 'a1']) flow.satisfied(ask);
    flow.tick(0);
    flow.tick(100);
    flow.credited(here, STEPS, 2);
    flow.tick(200);
    expect(flow.tick(300)).toEqual([{ kind: 'overdegraded', degradedSteps: 4, late: [1] }]);
  });
});

describe('says how far a student may have come', () => {
  it('by what was to be written', () => {
    const flow = attachedFlow({ stepsPerPiece: 1 });
    for (const ask of ['a0', 'b0']) flow.satisfied(ask);
    expect(flow.reachedStep).toBe(0);
    flow.next(here);
    expect(flow.reachedStep).toBe(1);
    flow.attached(later, 0);
    expect(flow.reachedStep).toBe(1);
  });

  it('to the end where nobody knows, until a student says where it is', () => {
    const flow = aFlow({ wasServed: true });
    expect(flow.reachedStep).toBe(STEPS);
    flow.expected(0);
    expect(flow.reachedStep).toBe(STEPS);
    flow.attached(here, 3);
    expect(flow.reachedStep).toBe(3);
  });
});

it('refuses a step that the run does not have, and steps that were never sent', () => {
  const flow = attachedFlow();
  expect(() => flow.credited(here, STEPS, 1)).toThrow('steps below 1 are said to be done');
  expect(() => flow.attached(later, STEPS + 1)).toThrow(`the run has ${STEPS} steps`);
  expect(flow.next(here)).toBeUndefined();
  // Nobody is attached now.
  expect(said(flow.expected(4))).toContain('ask a2');
});
