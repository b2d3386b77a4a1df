/** Small charts over the same steps, with one common cursor, which arrow keys move. */
import { type Signal, useSignal } from '@preact/signals';
import type { HistoryPoint } from '../../api/index.js';
import { countText } from '../../components/index.js';
import { numberText } from '../parts/texts.js';
import { type Chart, curveText, spread, valueAt } from './curves.js';
import { Plot } from './plot.js';
import { STROKE_COUNT } from './theme.js';

/** Greatest number of rows of a table: a longer one would not be read. */
const TABLE_ROWS = 50;

/** With more curves than this the legend scrolls, also by keys, so that the charts stay aligned. */
const LEGEND_SHOWN = 8;

export interface ChartGroupProps {
  /** Subject of the charts, for screen readers. */
  readonly about: string;
  readonly charts: readonly Chart[];
  readonly points: readonly HistoryPoint[];
  /** Index of the point under the cursor; null: the newest point. */
  readonly cursor: Signal<number | null>;
  readonly onZoom: (firstStep: number, endStep: number) => void;
}

export function ChartGroup({ about, charts, points, cursor, onZoom }: ChartGroupProps) {
  const steps = points.map(({ firstStep }) => firstStep);
  if (charts.length === 0) return <p class="muted">Nothing is known of its steps yet.</p>;
  return (
    <div class="chart-group">
      <CursorSlider about={about} charts={charts} points={points} cursor={cursor} />
      <div class="charts">
        {charts.map((chart) => (
          <ChartFigure key={chart.title} {...{ chart, steps, cursor, onZoom }} />
        ))}
      </div>
    </div>
  );
}

type CursorProps = Pick<ChartGroupProps, 'about' | 'charts' | 'points' | 'cursor'>;

function CursorSlider({ about, charts, points, cursor }: CursorProps) {
  const last = points.length - 1;
  const index = Math.min(cursor.value ?? last, last);
  const said = charts
    .flatMap(({ unit, curves }) =>
      curves.map(({ name, values }) => `${name} ${valueText(values[index], unit)}`),
    )
    .join(', ');
  const steps = stepsText(points[index]);
  return (
    <label class="cursor">
      <span>Cursor</span>
      <input
        type="range"
        min={0}
        max={last}
        value={index}
        aria-label={`Cursor over the curves of ${about}`}
        aria-valuetext={`${steps}: ${said}`}
        onInput={({ currentTarget }) => {
          cursor.value = Number(currentTarget.value);
        }}
      />
      <output>{steps}</output>
    </label>
  );
}

interface FigureProps {
  readonly chart: Chart;
  readonly steps: readonly number[];
  readonly cursor: Signal<number | null>;
  readonly onZoom: (firstStep: number, endStep: number) => void;
}

function ChartFigure({ chart, steps, cursor, onZoom }: FigureProps) {
  const { title, unit, curves } = chart;
  const said = curves.map((curve) => `${curve.name}: ${curveText(curve, steps)}`).join('. ');
  return (
    <figure class="plotted">
      <figcaption>
        <h3>
          {title}
          {unit !== '' && <span class="muted"> ({unit})</span>}
        </h3>
        <Legend chart={chart} cursor={cursor} />
      </figcaption>
      <div role="img" aria-label={`${title}. ${said}.`}>
        <Plot {...{ chart, steps, cursor, onZoom }} />
      </div>
      <ChartTable chart={chart} steps={steps} />
    </figure>
  );
}

/** Each curve with its value under the cursor. */
function Legend({ chart, cursor }: Pick<FigureProps, 'chart' | 'cursor'>) {
  const { title, curves } = chart;
  const isLong = curves.length > LEGEND_SHOWN;
  return (
    <ul
      class={isLong ? 'legend scroll' : 'legend'}
      aria-label={`Curves of ${title}`}
      tabIndex={isLong ? 0 : undefined}
    >
      {curves.map(({ name, values }, index) => (
        <li key={name}>
          <Stroke index={index} />
          {curves.length > 1 && <span class="name">{name}</span>}{' '}
          <b>
            <ValueAtCursor {...{ values, unit: chart.unit, sparse: chart.sparse, cursor }} />
          </b>
        </li>
      ))}
    </ul>
  );
}

interface ValueProps {
  readonly values: readonly (number | null)[];
  readonly unit: string;
  readonly sparse: boolean;
  readonly cursor: Signal<number | null>;
}

/** A component of its own: when the cursor moves, only the numbers are drawn again, not the charts. */
function ValueAtCursor({ values, unit, sparse, cursor }: ValueProps) {
  const index = Math.min(cursor.value ?? values.length - 1, values.length - 1);
  return <>{valueText(valueAt(values, index, sparse), unit)}</>;
}

function Stroke({ index }: { readonly index: number }) {
  return (
    <svg viewBox="0 0 26 10" aria-hidden="true">
      <line class={`line line-${index % STROKE_COUNT}`} x1="0" x2="26" y1="5" y2="5" />
    </svg>
  );
}

/** The chart's table; its rows are made when it is opened. */
function ChartTable({ chart, steps }: Pick<FigureProps, 'chart' | 'steps'>) {
  const isOpen = useSignal(false);
  return (
    <details
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>Table</summary>
      {isOpen.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
        <section class="scroll short" aria-label={`${chart.title}, table`} tabIndex={0}>
          <table>
            <caption>
              {chart.title}
              {chart.unit !== '' && `, ${chart.unit}`}
            </caption>
            <thead>
              <tr>
                <th scope="col">step</th>
                {chart.curves.map(({ name }) => (
                  <th scope="col" class="number" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {spread(steps.length, TABLE_ROWS).map((index) => (
                <tr key={index}>
                  <th scope="row">{countText(steps[index] ?? 0)}</th>
                  {chart.curves.map(({ name, values }) => (
                    <td class="number" key={name}>
                      {numberText(valueAt(values, index, chart.sparse))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

function valueText(value: number | null | undefined, unit: string): string {
  return `${numberText(value)}${unit === '' || value === null || value === undefined ? '' : ` ${unit}`}`;
}

function stepsText(point: HistoryPoint | undefined): string {
  if (point === undefined) return '';
  const { firstStep, endStep } = point;
  return endStep - firstStep <= 1
    ? `step ${countText(firstStep)}`
    : `steps ${countText(firstStep)} to ${countText(endStep - 1)}`;
}
