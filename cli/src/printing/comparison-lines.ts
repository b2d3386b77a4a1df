/** The comparison of runs, as text. */
import type { ArmDifference, RunComparison, RunPair, SeedDifference } from '../comparison/index.js';
import {
  type Column,
  countText,
  percentText,
  points,
  probability,
  signed,
  tableLines,
} from './text/index.js';

const COLUMNS: readonly Column<RunPair>[] = [
  { title: 'RUN', value: (p) => p.run },
  { title: 'AGAINST', value: (p) => p.reference },
  { title: 'ACCURACY', value: (p) => percentText(p.accuracy), align: 'right' },
  { title: 'DIFFERENCE', value: (p) => points(p.difference), align: 'right' },
  { title: '95 % INTERVAL', value: (p) => `${points(p.low)} to ${points(p.high)}`, align: 'right' },
  { title: 'ONLY IT', value: (p) => countText(p.onlyRunRight), align: 'right' },
  { title: 'ONLY OTHER', value: (p) => countText(p.onlyReferenceRight), align: 'right' },
  { title: 'NLL', value: (p) => signed(p.nll.difference, 4), align: 'right' },
  {
    title: '95 % INTERVAL',
    value: (p) => `${signed(p.nll.low, 4)} to ${signed(p.nll.high, 4)}`,
    align: 'right',
  },
  { title: 'P', value: (p) => probability(p.p), align: 'right' },
  { title: 'P (HOLM)', value: (p) => probability(p.adjustedP), align: 'right' },
];

export function comparisonLines({ pairs, arms, sampleCount, bootstrap }: RunComparison): string[] {
  return [
    ...tableLines(COLUMNS, pairs),
    '',
    `Differences in points, of NLL in nats, of ${countText(sampleCount)} labelled test samples; intervals by Bonett and Price (2012), of NLL from ${countText(bootstrap.resampleCount)} resamples (seed ${bootstrap.seed}), P by McNemar's exact test.`,
    ...(arms.length === 0
      ? [
          'Give both runs with further seeds to learn how much seeds matter and how many are needed.',
        ]
      : arms.map(armLine)),
  ];
}

function armLine({ runs, reference, nll, ...accuracy }: ArmDifference): string {
  const { difference, low, high } = accuracy;
  const points95 = `${points(difference)} (${points(low)} to ${points(high)})`;
  const nats95 = `${signed(nll.difference, 4)} (${signed(nll.low, 4)} to ${signed(nll.high, 4)})`;
  return `${runs.join(', ')} against ${reference.join(', ')}, over seeds: ${points95} points, ${seedsText(accuracy)}; NLL ${nats95}, ${seedsText(nll)}.`;
}

function seedsText({ seedsNeeded, low, high, difference }: SeedDifference): string {
  // With few samples, all seeds may have the same accuracy by chance: that says nothing about further seeds.
  if (low === high && difference !== 0)
    return 'the same with each seed: more seeds are needed to tell';
  return seedsNeeded === null
    ? 'no difference to show'
    : `which takes ${countText(seedsNeeded)} seeds to show (power 80 % at 5 %)`;
}
