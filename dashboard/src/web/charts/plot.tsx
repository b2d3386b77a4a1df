/** Draws one chart on a canvas. */
import { type Signal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { axisTexts } from './axis-texts.js';
import type { Chart } from './curves.js';
import { colour, isDark, strokeOf } from './theme.js';

const HEIGHT = 180;

export interface PlotProps {
  readonly chart: Chart;
  /** First step of each point. */
  readonly steps: readonly number[];
  /** Index of the point under the common cursor; null: no point. */
  readonly cursor: Signal<number | null>;
  /** Called when the user has marked steps with the mouse. */
  readonly onZoom: (firstStep: number, endStep: number) => void;
}

export function Plot({ chart, steps, cursor, onZoom }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const names = JSON.stringify(chart.curves.map(({ name }) => name));
  const data = [steps, ...chart.curves.map(({ values }) => values)] as UPlot.AlignedData;
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const made = new UPlot(options(chart, parent.clientWidth, cursor, onZoom), data, parent);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: parent.clientWidth, height: HEIGHT });
    });
    resized.observe(parent);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, isDark.value]);
  useEffect(() => {
    if (plot.current !== null && plot.current.data !== data) plot.current.setData(data);
  }, [chart, steps]);
  useSignalEffect(() => {
    const index = cursor.value;
    const shown = plot.current;
    if (shown === null || shown.cursor.idx === index) return;
    const left = index === null ? -10 : shown.valToPos(shown.data[0][index] ?? 0, 'x');
    shown.setCursor({ left, top: index === null ? -10 : 0 }, false);
  });
  return <div class="plot" ref={place} style={{ height: `${HEIGHT}px` }} />;
}

function options(
  { curves, unit, sparse }: Chart,
  width: number,
  cursor: Signal<number | null>,
  onZoom: (firstStep: number, endStep: number) => void,
): UPlot.Options {
  const axis = { stroke: colour('--muted'), font: '12px system-ui, sans-serif' };
  const grid = { stroke: colour('--line'), width: 1 };
  const ticks = { ...grid, size: 4 };
  const values = (_: UPlot, splits: number[]) => axisTexts(splits);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    scales: { x: { time: false }, y: unit === '%' ? { range: percentRange } : {} },
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    axes: [
      { ...axis, grid, ticks, values, size: 28, space: 70 },
      { ...axis, grid, ticks, values, size: 52 },
    ],
    series: [
      {},
      ...curves.map(({ name }, index) => {
        const { colour: stroke, dash } = strokeOf(index);
        return { label: name, stroke, dash, width: 1.5, spanGaps: sparse, points: { show: false } };
      }),
    ],
    hooks: {
      setCursor: [
        (shown) => {
          if (shown.cursor.event !== undefined) cursor.value = shown.cursor.idx ?? null;
        },
      ],
      setSelect: [
        (shown) => {
          const { left, width: marked } = shown.select;
          if (marked < 4) return;
          onZoom(
            Math.floor(shown.posToVal(left, 'x')),
            Math.ceil(shown.posToVal(left + marked, 'x')),
          );
          shown.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** The range of a chart of percentages: as uPlot chooses it, within 0 to 100. */
function percentRange(_: UPlot, least: number, most: number): UPlot.Range.MinMax {
  const [low, high] = UPlot.rangeNum(least, most, 0.1, true);
  return [Math.max(0, low ?? 0), Math.min(100, high ?? 100)];
}
