// The window over one run's spans, which moves with the steps that the student has done.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { OpenSpans, type WantEffect } from '../../src/schedule/open-spans.js';
import { SpanDecisions } from '../../src/schedule/span-decisions.js';
import { spanGrid } from '../../src/schedule/span-grid.js';

const ROW_BYTES = 40;
// Spans of 2 steps, 5 spans an epoch; the last step of an epoch is shorter.
const large = spanGrid(stepPlan({ sampleCount: 20_000, batchSize: 2048, epochs: 2 }), ROW_BYTES);

function openSpans(teacherCount = 2, windowSteps = 6, grid = large, viewCycle = 100): OpenSpans {
  return new OpenSpans({ grid, teacherCount, windowSteps, viewCycle }, undefined);
}

function wants(effects: readonly WantEffect[]): string[] {
  return effects.flatMap((e) => (e.kind === 'want' ? [`${e.teacher}:${e.span}`] : []));
}

describe('OpenSpans', () => {
  it('wants every span of its window from every teacher once', () => {
    expect(wants(openSpans().moved(0))).toEqual(['0:0', '1:0', '0:1', '1:1', '0:2', '1:2']);
  });

  it('wants more spans when its window grows, and withdraws wants when it shrinks', () => {
    const spans = openSpans(1, 4);
    // The position of the window is not known yet.
    expect(spans.resized(6)).toEqual([]);
    expect(wants(spans.moved(2))).toEqual(['0:1', '0:2', '0:3']);
    expect(wants(spans.resized(10))).toEqual(['0:4', '0:5']);
    expect(spans.resized(10)).toEqual([]);
    spans.arrived(0, 4);
    expect(spans.resized(4)).toEqual([
      { kind: 'unwant', teacher: 0, span: 3 },
      { kind: 'unwant', teacher: 0, span: 5 },
    ]);
  });

  it('does not want a span of the same view again while an earlier epoch still wants it', () => {
    // The second epoch, spans 5 to 9, has the same view as the first.
    const spans = openSpans(2, 20, large, 1);
    const first = wants(spans.moved(0));
    const asked = new Set(first.map((want) => want.split(':')[1]));
    expect([...asked]).toEqual(['0', '1', '2', '3', '4']);
    for (const span of [0, 1, 2, 3]) {
      for (const teacher of [0, 1]) expect(spans.arrived(teacher, span)).toEqual([]);
    }
    expect(spans.arrived(1, 4)).toEqual([]);
    const next = wants(spans.arrived(0, 4) ?? []);
    expect(next).toEqual([5, 6, 7, 8, 9].flatMap((span) => [`0:${span}`, `1:${span}`]));
    // Open spans stay open when an earlier span must be asked for again.
    expect(spans.lost(0, 1)).toEqual([{ kind: 'want', teacher: 0, span: 1 }]);
    expect(spans.moved(0)).toEqual([]);
  });

  it('moves its window with the steps done, also at the end of the run', () => {
    const spans = openSpans(1, 4);
    spans.moved(0);
    spans.arrived(0, 0);
    expect(wants(spans.moved(2))).toEqual(['0:2']);
    const last = openSpans(1, 40);
    expect(wants(last.moved(16))).toEqual(['0:8', '0:9']);
    expect(last.moved(20)).toEqual([
      { kind: 'unwant', teacher: 0, span: 8 },
      { kind: 'unwant', teacher: 0, span: 9 },
    ]);
  });

  it('covers its window of steps with several epochs if these are short', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 150, batchSize: 32, epochs: 4 }), ROW_BYTES);
    const spans = openSpans(1, 12, grid);
    expect(wants(spans.moved(0))).toEqual(['0:0', '0:1', '0:2']);
    for (const span of [0, 1, 2]) spans.arrived(0, span);
    expect(wants(spans.moved(5))).toEqual(['0:3']);
  });

  it('wants a decided span only from its contributors, and is ready with their answers', () => {
    const settings = { grid: large, teacherCount: 3, windowSteps: 2, viewCycle: 100 };
    const spans = new OpenSpans(settings, new SpanDecisions(large, 3, new Map([[0, [0, 2]]])));
    expect(wants(spans.moved(0))).toEqual(['0:0', '2:0']);
    expect([spans.count, spans.wantCount, spans.missing(0)]).toEqual([1, 2, [0, 2]]);
    expect(spans.arrived(1, 0)).toBeUndefined();
    expect(spans.arrived(2, 0)).toEqual([]);
    expect(spans.arrived(2, 0)).toBeUndefined();
    expect([spans.isReady(0), spans.answered(0), spans.missing(0)]).toEqual([false, [2], [0]]);
    spans.arrived(0, 0);
    expect([spans.isReady(0), spans.isReady(1), spans.wantCount]).toEqual([true, false, 0]);
    expect(spans.lost(1, 0)).toEqual([]);
  });

  it('withdraws its open wants when it is closed', () => {
    const spans = openSpans(2, 2);
    spans.moved(0);
    spans.arrived(0, 0);
    expect(spans.closed()).toEqual([{ kind: 'unwant', teacher: 1, span: 0 }]);
    expect(spans.count).toBe(0);
  });
});
