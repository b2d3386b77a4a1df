/** The charts that a history gives, thinned for a page. Pure. */
import type { HistoryFacts } from '../api/index.js';
import { figureText, percentText, type Series } from '../components/index.js';

/** Greatest number of points of a curve: more cannot be told apart on a page. */
const POINTS = 100;

export interface HistoryChart {
  readonly title: string;
  readonly x: readonly number[];
  readonly series: readonly Series[];
  readonly yText: (value: number) => string;
  readonly fromZero: boolean;
}

type Column = (number | null)[];

/** Charts with at least one known value. The x value of a point is its end step. */
export function historyCharts(facts: HistoryFacts): HistoryChart[] {
  const history = thinned(facts, POINTS);
  const x = history.points.map(({ endStep }) => endStep);
  const column = (name: string): Column => {
    const index = history.columns.indexOf(name);
    return history.points.map(({ means }) => means[index] ?? null);
  };
  const one = (title: string, name: string): HistoryChart => ({
    ...{ title, x, series: [{ name: title.toLowerCase(), values: column(name) }] },
    ...{ yText: figureText, fromZero: false },
  });
  const many = (title: string, names: ReadonlyMap<string, string>) => ({
    ...one(title, ''),
    series: [...names].map(([name, own]) => ({ name: own, values: column(name) })),
  });
  const share = { yText: shareText, fromZero: true };
  const validation = (title: string, name: string): HistoryChart => {
    const known = history.points.flatMap(({ endStep, means }) => {
      const mean = means[history.columns.indexOf(name)] ?? null;
      return mean === null ? [] : [{ endStep, mean }];
    });
    const values = known.map(({ mean }) => mean);
    return {
      ...one(title, name),
      x: known.map(({ endStep }) => endStep),
      series: [{ name: title.toLowerCase(), values }],
    };
  };
  const terms = new Map(
    history.columns.filter((name) => name.startsWith('objective[')).map((name) => [name, name]),
  );
  const charts: HistoryChart[] = [
    one('Loss', 'loss'),
    // With only one term, the loss is that term.
    ...(terms.size > 1 ? [many('Terms of the loss', terms)] : []),
    { ...validation('Validation accuracy', 'validationAccuracy'), yText: shareText },
    validation('Validation loss, nats', 'validationNll'),
    one('Learning rate', 'learningRate'),
    one('Gradient norm', 'gradientNorm'),
    {
      ...one('Samples per second', ''),
      series: [{ name: 'samples per second', values: ratio(column('samples'), column('seconds')) }],
      fromZero: true,
    },
    {
      ...one('Share of the time spent waiting for targets', ''),
      series: [{ name: 'waiting', values: ratio(column('waitingSeconds'), column('seconds')) }],
      ...share,
    },
    { ...one('Share of the answers that the store had', 'storeShare'), ...share },
    {
      ...many('Latency of teachers, ms', teacherColumns(history, 'latencyMs')),
      fromZero: true,
    },
    { ...many('Share of teachers in the targets', teacherColumns(history, 'share')), ...share },
    {
      ...many('Disagreement of teachers with the targets', teacherColumns(history, 'disagreement')),
      ...share,
    },
  ];
  return charts.filter(({ series }) =>
    series.some(({ values }) => values.some((value) => value !== null)),
  );
}

/** The mean of a column over all steps where it is known. */
export function meanOverRun({ columns, points }: HistoryFacts, name: string): number | null {
  const index = columns.indexOf(name);
  const [sum, steps] = weightedSum(points, index);
  return steps === 0 ? null : sum / steps;
}

/** `0.025` as `2.5 %`, `0.5` as `50 %`. */
function shareText(share: number): string {
  return percentText(share, 1).replace('.0', '');
}

/** Columns of all teachers for one figure, with the teachers' names: `teacher.NAME.latencyMs` → NAME. */
function teacherColumns({ columns }: HistoryFacts, what: string): Map<string, string> {
  const own = columns.filter((name) => name.startsWith('teacher.') && name.endsWith(`.${what}`));
  return new Map(own.map((name) => [name, name.slice('teacher.'.length, -what.length - 1)]));
}

/** Merges neighbouring points, so that at most `count` points are left. */
function thinned({ columns, points }: HistoryFacts, count: number): HistoryFacts {
  const together = Math.ceil(points.length / count);
  if (together <= 1) return { columns, points };
  const groups = Array.from({ length: Math.ceil(points.length / together) }, (_, index) =>
    points.slice(index * together, (index + 1) * together),
  );
  const merged = groups.map((group) => ({
    firstStep: group[0]?.firstStep ?? 0,
    endStep: group.at(-1)?.endStep ?? 0,
    means: columns.map((_, column) => {
      const [sum, steps] = weightedSum(group, column);
      return steps === 0 ? null : sum / steps;
    }),
  }));
  return { columns, points: merged };
}

/** Over the points where the column is known: the sum over their steps, and the number of steps. */
function weightedSum(points: HistoryFacts['points'], column: number): [number, number] {
  let sum = 0;
  let steps = 0;
  for (const { firstStep, endStep, means } of points) {
    const mean = means[column] ?? null;
    if (mean === null) continue;
    sum += mean * (endStep - firstStep);
    steps += endStep - firstStep;
  }
  return [sum, steps];
}

function ratio(over: Column, under: Column): Column {
  return over.map((value, index) => {
    const divisor = under[index] ?? 0;
    return value === null || divisor <= 0 ? null : value / divisor;
  });
}
