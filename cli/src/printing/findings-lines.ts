/** The classes that a model confuses, and the reliability of its confidences, as text. */
import type { Findings } from '../client/index.js';
import { type Column, countText, percentText, pluralText, tableLines } from './text/index.js';

/** Number of confused pairs shown; `-o json` has more. */
const PAIRS = 10;

type Model = Findings['models'][number];
type Pair = Model['confused'][number];
type Bin = NonNullable<Model['reliability']>[number];

export function findingsLines(
  findings: Findings,
  { name, confused, reliability }: Model,
): string[] {
  const { sampleCount } = findings;
  if (sampleCount === 0) return ['No test sample has a label: nothing is known of its errors.'];
  const samples = pluralText(sampleCount, 'labelled test sample');
  return [
    ...confusedLines(findings, name, confused, samples),
    '',
    ...(reliability === null
      ? [`${name} gives final answers only: nothing is known of how sure it is.`]
      : reliabilityLines(reliability)),
  ];
}

function confusedLines(
  { classNames }: Findings,
  name: string,
  confused: readonly Pair[],
  samples: string,
): string[] {
  if (confused.length === 0) return [`${name} is right about all of the ${samples}.`];
  const nameOf = (index: number) => classNames[index] ?? `${index}`;
  const columns: Column<Pair>[] = [
    { title: 'LABEL', value: ({ label }) => nameOf(label) },
    { title: 'OUTPUT', value: ({ output }) => nameOf(output) },
    { title: 'SAMPLES', value: ({ count }) => countText(count), align: 'right' },
  ];
  const title = `What ${name} confuses most often, of ${samples}:`;
  return [title, ...tableLines(columns, confused.slice(0, PAIRS))];
}

function reliabilityLines(bins: readonly Bin[]): string[] {
  const share = (index: number) => Math.round((100 * index) / bins.length);
  const rows = bins.map((bin, index) => ({
    ...bin,
    range: `${share(index)}–${share(index + 1)} %`,
  }));
  const columns: Column<(typeof rows)[number]>[] = [
    { title: 'CONFIDENCE', value: ({ range }) => range },
    { title: 'SAMPLES', value: ({ count }) => countText(count), align: 'right' },
    { title: 'MEAN', value: ({ confidence }) => percentText(confidence ?? 0), align: 'right' },
    { title: 'ACCURACY', value: ({ accuracy }) => percentText(accuracy ?? 0), align: 'right' },
  ];
  const filled = rows.filter(({ count }) => count > 0);
  return ['How sure it is, and how often right:', ...tableLines(columns, filled)];
}
