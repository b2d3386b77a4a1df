/**
 * Draws figures with their intervals as SVG: a dot in each row, on a common axis. The colours are set by `.plot` in
 * `site.css`. Pure.
 */
import type { Figure } from './figure.js';

export interface PlotRow {
  readonly label: string;
  readonly figure: Figure;
}

const WIDTH = 720;
const ROW_HEIGHT = 24;
const AXIS_HEIGHT = 44;
const TOP = 8;
/** Width that is reserved for a letter of 13 pixels: enough even for text of wide letters. */
const LETTER_WIDTH = 7;
const GAP = 12;
const TICK_COUNT = 6;

/** @param axis - title of the axis, with its unit. */
export function dotPlot(rows: readonly PlotRow[], axis: string): string {
  const left = 2 * GAP + LETTER_WIDTH * Math.max(...rows.map(({ label }) => label.length));
  const right = WIDTH - 2 * GAP;
  const bottom = TOP + rows.length * ROW_HEIGHT;
  const ticks = ticksOf(rows.map(({ figure }) => figure));
  const [first = 0, last = 1] = [ticks[0], ticks.at(-1)];
  const x = (value: number) => round(left + ((right - left) * (value - first)) / (last - first));

  const lines = ticks.map((tick) => {
    const look = tick === 0 ? 'zero' : 'tick';
    const line = `<line class="${look}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${bottom}"/>`;
    return `${line}<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tickText(tick)}</text>`;
  });
  const dots = rows.map(({ label, figure: { value, low, high } }, index) => {
    const y = TOP + (index + 0.5) * ROW_HEIGHT;
    const interval =
      low === high
        ? ''
        : `<line class="interval" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}"/>`;
    const name = `<text class="label" x="${left - GAP}" y="${y + 4}" text-anchor="end">${escaped(label)}</text>`;
    return `${name}${interval}<circle cx="${x(value)}" cy="${y}" r="4"/>`;
  });
  const title = `<text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle">${escaped(axis)}</text>`;
  const height = bottom + AXIS_HEIGHT;
  const head = `<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(axis)}; the table has the figures">`;
  return `${head}${lines.join('')}${dots.join('')}${title}</svg>`;
}

/** Round numbers that span all figures and their intervals. Zero is a tick if there are values on both sides of it. */
function ticksOf(figures: readonly Figure[]): number[] {
  const low = Math.min(...figures.map((figure) => figure.low));
  const high = Math.max(...figures.map((figure) => figure.high));
  const rough = (high - low || 1) / TICK_COUNT;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const from = Math.floor(low / step);
  const count = Math.max(1, Math.ceil(high / step) - from) + 1;
  return Array.from({ length: count }, (_, index) =>
    Number(((from + index) * step).toPrecision(12)),
  );
}

function tickText(tick: number): string {
  return String(tick).replace('-', '−');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
