/** The way of a batch as a picture: from left to right, or downwards on a narrow screen. */
import { signal } from '@preact/signals';
import type { Station } from './flow.js';

const narrow = matchMedia('(max-width: 760px)');
const isNarrow = signal(narrow.matches);
narrow.addEventListener('change', () => {
  isNarrow.value = narrow.matches;
});

const WIDTH = 226;
const GAP = 64;
const HEAD = 56;
const LINE = 20;
const FOOT = 12;
/** Room above a station for the word that marks the bottleneck. */
const MARK = 22;
/** Letters of a name that fit into a line beside its number. */
const NAME_LETTERS = 19;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export function FlowPicture({ stations }: { readonly stations: readonly Station[] }) {
  const { places, width, height } = placed(stations, isNarrow.value);
  return (
    <svg
      class="flow"
      viewBox={`0 0 ${width} ${height}`}
      style={{ maxWidth: `${width}px` }}
      role="img"
      aria-label={flowText(stations)}
    >
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="8"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      {places.slice(1).map((to, index) => (
        <path
          key={to.x + to.y}
          class="arrow"
          d={arrow(places[index] as Place, to, isNarrow.value)}
        />
      ))}
      {stations.map((station, index) => (
        <StationBox key={station.name} station={station} place={places[index] as Place} />
      ))}
    </svg>
  );
}

function StationBox({ station, place }: { readonly station: Station; readonly place: Place }) {
  const { name, does, lines, isBottleneck } = station;
  return (
    <g
      transform={`translate(${place.x} ${place.y})`}
      class={isBottleneck ? 'station slow' : 'station'}
    >
      {isBottleneck && (
        <text class="mark" x={WIDTH / 2} y={-7} text-anchor="middle">
          ▼ bottleneck
        </text>
      )}
      <rect width={WIDTH} height={place.height} rx="6" />
      <text class="title" x="12" y="24">
        {name}
      </text>
      <text class="does" x="12" y="42">
        {does}
      </text>
      {lines.map((line, index) => (
        <g key={line.name} transform={`translate(0 ${HEAD + LINE * index + 12})`}>
          <text x="12">
            {shortened(line.name)}
            <title>{line.name}</title>
          </text>
          <text class="value" x={WIDTH - 12} text-anchor="end">
            {line.value}
          </text>
        </g>
      ))}
    </g>
  );
}

function placed(stations: readonly Station[], isDown: boolean) {
  const heights = stations.map(({ lines }) => HEAD + LINE * lines.length + FOOT);
  const tallest = Math.max(...heights);
  let at = isDown ? 0 : 1;
  const places = heights.map((own): Place => {
    const height = isDown ? own : tallest;
    const place = isDown ? { x: 1, y: at + MARK, height } : { x: at, y: MARK, height };
    at += isDown ? height + MARK + GAP / 2 : WIDTH + GAP;
    return place;
  });
  return isDown
    ? { places, width: WIDTH + 2, height: at - GAP / 2 + 1 }
    : { places, width: at - GAP + 1, height: MARK + tallest + 1 };
}

function arrow(from: Place, to: Place, isDown: boolean): string {
  if (isDown) {
    const x = from.x + 24;
    return `M${x} ${from.y + from.height}L${x} ${to.y - 1}`;
  }
  const y = from.y + from.height / 2;
  return `M${from.x + WIDTH} ${y}L${to.x - 1} ${y}`;
}

function shortened(name: string): string {
  const letters = [...name];
  return letters.length <= NAME_LETTERS ? name : `${letters.slice(0, NAME_LETTERS - 1).join('')}…`;
}

function flowText(stations: readonly Station[]): string {
  return stations
    .map(({ name, does, lines, isBottleneck }) => {
      const numbers = lines.map((line) => `${line.name} ${line.value}`).join(', ');
      return `${name} ${does}${isBottleneck ? ', the bottleneck' : ''}: ${numbers}`;
    })
    .join('; ');
}
