/** A reliability diagram: how often a model is right at each level of its confidence. */
import type { ModelFindings } from '../api/index.js';
import { DataTable } from './data-table.js';
import { countText, orNotKnown, percentText } from './numbers.js';

type Bins = NonNullable<ModelFindings['reliability']>;

const SIZE = 260;
const LEFT = 46;
const BOTTOM = 40;
const TOP = 8;
const RIGHT = 12;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface ReliabilityDiagramProps {
  /** `the student`. */
  readonly model: string;
  readonly bins: Bins;
}

/**
 * One bar for each bin of confidence; its height is the share of right answers. A calibrated model has its bars on the
 * diagonal (DeGroot & Fienberg 1983). A fainter bar has fewer samples.
 */
export function ReliabilityDiagram({ model, bins }: ReliabilityDiagramProps) {
  const title = `How often ${model} is right when it is so sure`;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const width = (SIZE - LEFT - RIGHT) / bins.length;
  return (
    <figure class="chart square">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img">
        <title>{title}</title>
        <desc>{described(bins)}</desc>
        <g class="axes">
          {TICKS.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={LEFT} x2={SIZE - RIGHT} y1={placeY(tick)} y2={placeY(tick)} />
              <text x={LEFT - 6} y={placeY(tick) + 4} text-anchor="end">
                {percentText(tick, 0)}
              </text>
              {tick > 0 && (
                <text x={placeX(tick)} y={SIZE - BOTTOM + 16} text-anchor="middle">
                  {Math.round(tick * 100)}
                </text>
              )}
            </g>
          ))}
          <text class="axis-title" x={placeX(0.5)} y={SIZE - 4} text-anchor="middle">
            its largest probability, %
          </text>
        </g>
        {bins.map(({ count, accuracy }, index) =>
          accuracy === null ? null : (
            <rect
              key={index}
              class="bin"
              x={rounded(LEFT + index * width + 1)}
              width={rounded(width - 2)}
              y={placeY(accuracy)}
              height={rounded(placeY(0) - placeY(accuracy))}
              // A bar of a single sample is visible, too.
              opacity={(0.3 + 0.7 * Math.sqrt(count / most)).toFixed(2)}
            />
          ),
        )}
        <path class="diagonal" d={`M${placeX(0)} ${placeY(0)}L${placeX(1)} ${placeY(1)}`} />
      </svg>
      <details>
        <summary>Reliability of {model} as a table</summary>
        <DataTable
          caption={title}
          columns={[
            { title: 'Largest probability', value: ({ range }) => range },
            { title: 'Samples', value: ({ count }) => countText(count), isNumber: true },
            {
              title: 'Mean probability',
              value: ({ confidence }) => orNotKnown(confidence, percentText),
              isNumber: true,
            },
            {
              title: 'Right',
              value: ({ accuracy }) => orNotKnown(accuracy, percentText),
              isNumber: true,
            },
          ]}
          rows={bins.map((bin, index) => ({ ...bin, range: rangeText(index, bins.length) }))}
        />
      </details>
    </figure>
  );
}

/** A sentence that says whether the model is too sure, or not sure enough. */
function described(bins: Bins): string {
  let samples = 0;
  let excess = 0;
  for (const { count, confidence, accuracy } of bins) {
    if (confidence === null || accuracy === null) continue;
    samples += count;
    excess += count * (confidence - accuracy);
  }
  if (samples === 0) return 'There are no samples.';
  const mean = excess / samples;
  if (Math.abs(mean) < 0.005) return 'On average it is as sure as it is right.';
  const points = (Math.abs(mean) * 100).toFixed(1);
  return `On average it is ${points} points ${mean > 0 ? 'surer than it is right' : 'less sure than it is right'}.`;
}

function rangeText(index: number, count: number): string {
  return `${percentText(index / count)} – ${percentText((index + 1) / count)}`;
}

function placeX(share: number): number {
  return rounded(LEFT + share * (SIZE - LEFT - RIGHT));
}

function placeY(share: number): number {
  return rounded(SIZE - BOTTOM - share * (SIZE - TOP - BOTTOM));
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
