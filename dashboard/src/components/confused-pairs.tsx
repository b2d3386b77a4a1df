/** The most frequent errors of a model. */
import type { ModelFindings } from '../api/index.js';
import { DataTable } from './data-table.js';
import { countText } from './numbers.js';

/** Number of pairs shown, the most frequent first. */
const PAIRS = 10;

interface ConfusedPairsProps {
  readonly model: string;
  readonly confused: ModelFindings['confused'];
  readonly classNames: readonly string[];
  /** Number of labelled samples. */
  readonly sampleCount: number;
}

export function ConfusedPairs({ model, confused, classNames, sampleCount }: ConfusedPairsProps) {
  if (sampleCount === 0) return <p>No test sample has a label: no error is known.</p>;
  if (confused.length === 0) return <p>No class is taken for another by {model}.</p>;
  const name = (index: number) => classNames[index] ?? String(index);
  return (
    <DataTable
      caption={`Classes that ${model} takes for others most often`}
      columns={[
        { title: 'Class', value: ({ label }) => name(label) },
        { title: 'Taken for', value: ({ output }) => name(output) },
        { title: 'Samples', value: ({ count }) => countText(count), isNumber: true },
      ]}
      rows={confused.slice(0, PAIRS)}
    />
  );
}
