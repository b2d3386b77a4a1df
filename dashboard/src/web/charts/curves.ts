/** The charts of a run's history, and their curves in words. Pure. */
import type { HistoryFacts } from '../../api/index.js';
import { countText } from '../../components/index.js';
import { numberText } from '../parts/texts.js';

/** Curves that share a unit, drawn in one chart. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** Curves with at least one known value. */
  readonly curves: readonly Curve[];
  /** Values are known at a few points only, which lines connect. */
  readonly sparse: boolean;
}

export interface Curve {
  readonly name: string;
  /** A value for each point of the history; null: not known. */
  readonly values: readonly (number | null)[];
}

export interface ChartsOfRun {
  readonly learning: readonly Chart[];
  readonly speed: readonly Chart[];
  readonly teachers: readonly Chart[];
}

export function chartsOf(history: HistoryFacts): ChartsOfRun {
  const all = new Map(
    history.columns.map((name, column) => [
      name,
      history.points.map(({ means }) => means[column] ?? null),
    ]),
  );
  const named = (pattern: RegExp): Curve[] =>
    [...all].flatMap(([column, values]) => {
      const name = pattern.exec(column)?.[1];
      return name === undefined ? [] : [{ name, values }];
    });
  const one = (column: string, name: string, scale = 1): Curve[] => {
    const values = all.get(column);
    return values === undefined ? [] : [{ name, values: values.map((v) => v && v * scale) }];
  };
  const divided = (above: string, below: string, name: string, scale = 1): Curve[] => {
    const [upper, lower] = [all.get(above), all.get(below)];
    if (upper === undefined || lower === undefined) return [];
    return [{ name, values: upper.map((value, index) => ratio(value, lower[index], scale)) }];
  };
  const percent = (curves: Curve[]) =>
    curves.map(({ name, values }) => ({ name, values: values.map((v) => v && v * 100) }));
  return {
    learning: charts([
      ['Loss', '', one('loss', 'loss')],
      ['Loss by term', '', terms(named(/^objective\[\d+\]\.(.+)$/))],
      ['Validation accuracy', '%', one('validationAccuracy', 'accuracy', 100), SPARSE],
      ['Validation loss', 'nats', one('validationNll', 'negative log-likelihood'), SPARSE],
      ['Learning rate', '', one('learningRate', 'learning rate')],
      ['Gradient norm', '', one('gradientNorm', 'gradient norm')],
    ]),
    speed: charts([
      ['Samples per second', '', divided('samples', 'seconds', 'samples per second')],
      ['Time spent waiting', '%', divided('waitingSeconds', 'seconds', 'waiting', 100)],
      ['Targets from the store', '%', one('storeShare', 'from the store', 100)],
      ['Open spans', '', one('openSpans', 'open spans')],
      ['Latency of teachers', 'ms', named(/^teacher\.(.+)\.latencyMs$/)],
    ]),
    teachers: charts([
      ['Share of targets', '%', percent(named(/^teacher\.(.+)\.share$/))],
      ['Disagreement with the target', '%', percent(named(/^teacher\.(.+)\.disagreement$/))],
    ]),
  };
}

/** Names of terms; a term that the objective has twice gets a number. */
function terms(curves: readonly Curve[]): Curve[] {
  const names = curves.map(({ name }) => name);
  return curves.map(({ name, values }, index) => ({
    name: names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${index + 1})`,
    values,
  }));
}

const SPARSE = true;

function charts(all: readonly (readonly [string, string, Curve[], boolean?])[]): Chart[] {
  return all
    .map(([title, unit, curves, sparse = false]) => ({
      title,
      unit,
      sparse,
      curves: curves.filter(({ values }) => values.some((value) => value !== null)),
    }))
    .filter(({ curves }) => curves.length > 0);
}

function ratio(above: number | null, below: number | null | undefined, scale: number) {
  return above === null || !below ? null : (above / below) * scale;
}

/** A curve's value at a point; for a sparse curve, the last known value up to the point. */
export function valueAt(
  values: readonly (number | null)[],
  index: number,
  sparse: boolean,
): number | null {
  const value = values[index] ?? null;
  if (value !== null || !sparse) return value;
  return values.slice(0, index + 1).findLast((known) => known !== null) ?? null;
}

/** The curve for screen readers: `from 2.31 at step 0 to 0.412 at step 99,805; least …`. */
export function curveText({ values }: Curve, steps: readonly number[]): string {
  let first = -1;
  let last = -1;
  let least = -1;
  let most = -1;
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    if (first < 0) first = least = most = index;
    last = index;
    if (value < (values[least] ?? value)) least = index;
    if (value > (values[most] ?? value)) most = index;
  }
  const at = (index: number) =>
    `${numberText(values[index])} at step ${countText(steps[index] ?? 0)}`;
  return first < 0
    ? 'nothing yet'
    : `from ${at(first)} to ${at(last)}; least ${at(least)}, most ${at(most)}`;
}

/** At most `most` indices of [0, count), evenly spread, with the last one. */
export function spread(count: number, most: number): number[] {
  const every = Math.ceil(count / most);
  return Array.from({ length: Math.ceil(count / every) || 0 }, (_, index) =>
    Math.min(count - 1, (index + 1) * every - 1),
  );
}
