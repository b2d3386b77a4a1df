/** Differences of accuracies as dots with intervals: an interval that crosses the line means possible chance. */
import type { ComparedPair } from '../../api/index.js';

const WIDTH = 560;
const NAME_WIDTH = 170;
const LINE = 26;
const FOOT = 34;
const NAME_LETTERS = 22;

interface Props {
  readonly pairs: readonly ComparedPair[];
  readonly reference: string;
}

export function Differences({ pairs, reference }: Props) {
  const reach = Math.max(
    0.001,
    ...pairs.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]),
  );
  const x = (value: number) => NAME_WIDTH + ((value / reach + 1) / 2) * (WIDTH - NAME_WIDTH - 10);
  const bottom = pairs.length * LINE;
  const said = pairs.map(
    ({ run, difference, low, high }) =>
      `${run} ${(difference * 100).toFixed(2)} points, from ${(low * 100).toFixed(2)} to ${(high * 100).toFixed(2)}`,
  );
  return (
    // As a table that is wider than the page, it is scrolled with the arrow keys, so it can have the focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <figure class="chart wide" tabIndex={0}>
      <figcaption>Points of accuracy more or less than {reference}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${bottom + FOOT}`}
        role="img"
        aria-label={`Points of accuracy against ${reference}: ${said.join('; ')}`}
      >
        <line class="axis" x1={x(0)} x2={x(0)} y1="0" y2={bottom} />
        {pairs.map(({ run, difference, low, high }, index) => {
          const y = index * LINE + LINE / 2;
          return (
            <g key={run}>
              <text x="0" y={y + 4}>
                {[...run].length > NAME_LETTERS
                  ? `${[...run].slice(0, NAME_LETTERS - 1).join('')}…`
                  : run}
                <title>{run}</title>
              </text>
              <line class="interval" x1={x(low)} x2={x(high)} y1={y} y2={y} />
              <circle class="dot" cx={x(difference)} cy={y} r="4" />
            </g>
          );
        })}
        {[-reach, 0, reach].map((value) => (
          <text
            key={value}
            x={x(value)}
            y={bottom + 20}
            text-anchor={value < 0 ? 'start' : value > 0 ? 'end' : 'middle'}
          >
            {value === 0 ? '0' : `${value < 0 ? '−' : '+'}${(reach * 100).toFixed(1)}`}
          </text>
        ))}
      </svg>
    </figure>
  );
}
