/** A drawing of curves over steps, with axes, a legend, and a table of the same numbers. */
import { DataTable } from './data-table.js';
import { figureText, NOT_KNOWN, orNotKnown } from './numbers.js';
import { linearScale, type Scale } from './scale.js';

/** Number of line styles that `components.css` has. */
const LINE_COUNT = 8;
const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;
/** Greatest number of rows of the table; with more points it has every second, third, … point. */
const TABLE_ROWS = 24;

export interface Series {
  readonly name: string;
  /** A value for each entry of `x`; null: not known, drawn as a gap. */
  readonly values: readonly (number | null)[];
}

interface LineChartProps {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Ascending. */
  readonly x: readonly number[];
  /** The first eight are drawn; the caption says if there are more. */
  readonly series: readonly Series[];
  readonly yText?: (value: number) => string;
  /** Whether the y axis begins at zero. */
  readonly fromZero?: boolean;
  readonly tableRows?: number;
}

export function LineChart(props: LineChartProps) {
  const {
    title,
    x,
    xTitle,
    yTitle,
    yText = figureText,
    fromZero = false,
    tableRows = TABLE_ROWS,
  } = props;
  const series = props.series.slice(0, LINE_COUNT);
  const known = series.flatMap(({ values }) => values.filter(isKnown));
  if (known.length === 0) return <p class="muted">{title}: nothing is known.</p>;
  const least = known.reduce((a, b) => Math.min(a, b));
  const most = known.reduce((a, b) => Math.max(a, b));
  const xScale = linearScale(x[0] as number, x.at(-1) as number, 6);
  const yScale = linearScale(fromZero ? Math.min(0, least) : least, most, 5);
  const description = series.map((one) => describe(one, yText)).join('; ');
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {series.length < props.series.length &&
          `: the first ${LINE_COUNT} of ${props.series.length}`}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img">
        <title>{title}</title>
        <desc>{description}</desc>
        <Axes x={xScale} y={yScale} xTitle={xTitle} yTitle={yTitle} yText={yText} />
        {series.map(({ name, values }, index) => (
          <path key={name} class={`line line-${index}`} d={path(x, values, xScale, yScale)} />
        ))}
      </svg>
      {series.length > 1 && <Legend names={series.map(({ name }) => name)} />}
      <ChartTable
        title={title}
        x={x}
        xTitle={xTitle}
        series={series}
        yText={yText}
        rowCount={tableRows}
      />
    </figure>
  );
}

function Axes(props: {
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly yText: (value: number) => string;
}) {
  const { x, y, xTitle, yTitle, yText } = props;
  const bottom = HEIGHT - BOTTOM;
  return (
    <g class="axes">
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line
            class="grid"
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={placeY(y, tick)}
            y2={placeY(y, tick)}
          />
          <text x={LEFT - 8} y={placeY(y, tick) + 4} text-anchor="end">
            {yText(tick)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <g key={tick}>
          <line
            class="tick"
            x1={placeX(x, tick)}
            x2={placeX(x, tick)}
            y1={bottom}
            y2={bottom + 5}
          />
          <text x={placeX(x, tick)} y={bottom + 18} text-anchor="middle">
            {tick.toLocaleString('en-US')}
          </text>
        </g>
      ))}
      <line class="axis" x1={LEFT} x2={WIDTH - RIGHT} y1={bottom} y2={bottom} />
      <text class="axis-title" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 4} text-anchor="middle">
        {xTitle}
      </text>
      <text
        class="axis-title"
        x={-(TOP + bottom) / 2}
        y={12}
        transform="rotate(-90)"
        text-anchor="middle"
      >
        {yTitle}
      </text>
    </g>
  );
}

function Legend({ names }: { readonly names: readonly string[] }) {
  return (
    <ul class="legend">
      {names.map((name, index) => (
        <li key={name}>
          <svg viewBox="0 0 24 8" aria-hidden="true">
            <path class={`line line-${index}`} d="M0 4H24" />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

function ChartTable(props: {
  readonly title: string;
  readonly x: readonly number[];
  readonly xTitle: string;
  readonly series: readonly Series[];
  readonly yText: (value: number) => string;
  readonly rowCount: number;
}) {
  const { title, x, xTitle, series, yText, rowCount } = props;
  const every = Math.ceil(x.length / rowCount);
  // Counted from the end, so that the last point is in the table.
  const rows = [...x.keys()].filter((index) => (x.length - 1 - index) % every === 0);
  return (
    <details>
      <summary>{title} as a table</summary>
      <DataTable
        caption={every === 1 ? title : `${title}, ${rows.length} of ${x.length} points`}
        columns={[
          { title: xTitle, value: (row: number) => x[row]?.toLocaleString('en-US') },
          ...series.map(({ name, values }) => ({
            title: name,
            value: (row: number) => orNotKnown(values[row], yText),
            isNumber: true,
          })),
        ]}
        rows={rows}
      />
    </details>
  );
}

/** `loss from 2.3 to 0.1`. */
function describe({ name, values }: Series, text: (value: number) => string): string {
  const known = values.filter(isKnown);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return `${name} ${NOT_KNOWN}`;
  return `${name} from ${text(first)} to ${text(last)}`;
}

/** A line for each range of known values. A value between two unknown ones is a dot. */
function path(
  x: readonly number[],
  values: readonly (number | null)[],
  xScale: Scale,
  yScale: Scale,
): string {
  let d = '';
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (!isKnown(value)) {
      isDrawing = false;
      continue;
    }
    const place = `${placeX(xScale, x[index] as number)} ${placeY(yScale, value)}`;
    const isAlone = !isDrawing && !isKnown(values[index + 1]);
    d += `${isDrawing ? 'L' : 'M'}${place}${isAlone ? 'h.1' : ''}`;
    isDrawing = true;
  }
  return d;
}

function placeX(scale: Scale, value: number): number {
  return rounded(LEFT + scale.place(value) * (WIDTH - LEFT - RIGHT));
}

function placeY(scale: Scale, value: number): number {
  return rounded(HEIGHT - BOTTOM - scale.place(value) * (HEIGHT - TOP - BOTTOM));
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}
