/** A run with two teachers, of which the second is sometimes missing or needs a ticket. Sums are computed by hand. */
import { describe, expect, it } from 'vitest';
import {
  historyTeacherCount,
  NO_VALIDATION,
  StepHistory,
  shownColumns,
  shownMeans,
  summedColumns,
  type TargetSums,
  targetSumColumns,
  targetSumValues,
  validationSums,
} from '../../src/history/index.js';

const run = {
  kind: 'Distillation',
  spec: { objective: [{ term: 'kd' }], teachers: [{ name: 'a' }, { name: 'b' }] },
} as const;

const ofStore = { share: 1, comparedRows: 4, disagreeingRows: 1, tickets: 0, latencyMs: 0 };
const ofTicket = { ...ofStore, disagreeingRows: 3, tickets: 1, latencyMs: 80 };

/** The shown target columns of these steps. */
function shown(...steps: TargetSums[]): Record<string, number> {
  const history = new StepHistory(summedColumns(run).length);
  const own = summedColumns(run).indexOf('validations');
  for (const step of steps) {
    history.add([...new Array<number>(own).fill(1), ...NO_VALIDATION, ...targetSumValues(step)]);
  }
  const means = shownMeans(run, history.points(0, steps.length, 1)[0]?.means ?? []);
  const columns = shownColumns(run);
  expect(means).toHaveLength(columns.length);
  expect(means.slice(0, own)).toEqual(new Array(own).fill(1));
  const first = columns.indexOf('storeShare');
  return Object.fromEntries(columns.slice(first).map((name, i) => [name, means[first + i] ?? 0]));
}

describe('shown target columns', () => {
  it('average over the steps in which the teacher answered', () => {
    const figures = shown(
      { openSpans: 2, teachers: [ofStore, ofTicket] },
      { openSpans: 4, teachers: [ofStore, ofStore] },
      { openSpans: 3, teachers: [ofStore, undefined] },
      { openSpans: 3, teachers: [ofStore, undefined] },
    );
    expect(figures).toEqual({
      openSpans: 3,
      // One of six answers (teachers times steps) needed a ticket.
      storeShare: 1 - 1 / 6,
      'teacher.a.share': 1,
      'teacher.a.disagreement': 0.25,
      'teacher.a.latencyMs': Number.NaN,
      'teacher.b.share': 0.5,
      'teacher.b.disagreement': 0.5,
      'teacher.b.latencyMs': 80,
    });
  });

  it('are NaN where no step has the figure', () => {
    const figures = shown({ openSpans: 1, teachers: [undefined, undefined] });
    expect(figures).toMatchObject({ storeShare: Number.NaN, 'teacher.b.share': 0 });
    expect(figures['teacher.b.disagreement']).toBeNaN();
  });

  it('are absent in a run without teachers', () => {
    const training = { kind: 'Training', spec: { objective: [{ term: 'ce' }] } } as const;
    expect(targetSumColumns(training)).toEqual([]);
    expect(shownColumns(training).at(-1)).toBe('validationNll');
    expect(
      shownMeans(
        training,
        summedColumns(training).map(() => 1),
      ),
    ).toHaveLength(shownColumns(training).length);
  });

  it('stay below 1 MB for ten teachers, and count at most 64 teachers', () => {
    const teachers = (count: number) => ({
      ...run,
      spec: { ...run.spec, teachers: Array.from({ length: count }, (_, i) => ({ name: `t${i}` })) },
    });
    expect(8 * 512 * summedColumns(teachers(10)).length).toBeLessThan(1e6);
    expect(historyTeacherCount(teachers(1000))).toBe(64);
    expect(8 * 512 * summedColumns(teachers(1000)).length).toBeLessThan(2e6);
  });
});

it('shownMeans averages over validations, and gives NaN without any', () => {
  const history = new StepHistory(summedColumns(run).length);
  const zeros = summedColumns(run).map(() => 0);
  const after = (accuracy: number, nll: number) =>
    history.addToNewest(validationSums(run, { accuracy, nll }));
  history.add(zeros);
  history.add(zeros);
  after(0.5, 2);
  history.add(zeros);
  after(0.75, 1);
  history.add(zeros);
  const columns = shownColumns(run);
  const shownAt = (count: number) =>
    history
      .points(0, 4, count)
      .map(({ means }) => shownMeans(run, means))
      .map((means) =>
        ['validationAccuracy', 'validationNll'].map((name) => means[columns.indexOf(name)]),
      );
  const none = [Number.NaN, Number.NaN];
  expect(shownAt(4)).toEqual([none, [0.5, 2], [0.75, 1], none]);
  expect(shownAt(1)).toEqual([[0.625, 1.5]]);
});
