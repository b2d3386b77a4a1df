/** Whether runs differ, as text. */
import type { ArmDifference, RunComparison, RunPair } from '../report/compare-runs.js';
import { type Column, countText, percentText, tableLines } from './table.js';

const COLUMNS: readonly Column<RunPair>[] = [
  { title: 'RUN', value: (p) => p.run },
  { title: 'AGAINST', value: (p) => p.reference },
  { title: 'ACCURACY', value: (p) => percentText(p.accuracy), align: 'right' },
  { title: 'DIFFERENCE', value: (p) => points(p.difference), align: 'right' },
  { title: '95 % INTERVAL', value: (p) => `${points(p.low)} to ${points(p.high)}`, align: 'right' },
  { title: 'ONLY IT', value: (p) => countText(p.onlyRunRight), align: 'right' },
  { title: 'ONLY OTHER', value: (p) => countText(p.onlyReferenceRight), align: 'right' },
  { title: 'P', value: (p) => probability(p.p), align: 'right' },
  { title: 'P (HOLM)', value: (p) => probability(p.adjustedP), align: 'right' },
];

export function comparisonLines({ pairs, arms, sampleCount, bootstrap }: RunComparison): string[] {
  return [
    ...tableLines(COLUMNS, pairs),
    '',
    `Differences in points, of ${countText(sampleCount)} labelled test samples; intervals from ${countText(bootstrap.resampleCount)} resamples (seed ${bootstrap.seed}), P by McNemar's exact test.`,
    ...(arms.length === 0
      ? [
          'Give either run with further seeds to learn what seeds are worth and how many are needed.',
        ]
      : arms.map(armLine)),
  ];
}

function armLine({ runs, reference, difference, low, high, seedsNeeded }: ArmDifference): string {
  const seeds =
    seedsNeeded === null
      ? 'there is no difference to show'
      : `such a difference takes ${countText(seedsNeeded)} seeds to show (power 80 % at 5 %)`;
  return `${runs.join(', ')} against ${reference.join(', ')}, over seeds: ${points(difference)} (${points(low)} to ${points(high)}); ${seeds}.`;
}

/** A share as points with its sign: `+0.42`. */
export function points(share: number): string {
  const text = (100 * share).toFixed(2);
  return share > 0 ? `+${text}` : text.replace('-', '−');
}

function probability(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
