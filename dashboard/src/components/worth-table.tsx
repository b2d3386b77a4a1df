/** A table of each teacher's cost and its worth to the ensemble. */
import type { Report } from '../api/index.js';
import { type Column, DataTable } from './data-table.js';
import {
  countText,
  durationText,
  NOT_KNOWN,
  orNotKnown,
  percentText,
  signedText,
} from './numbers.js';
import {
  hasLoss,
  pointsText,
  priceText,
  type WorthRow,
  worthRows,
  worthSentences,
} from './teacher-worth.js';

const COLUMNS: readonly Column<WorthRow>[] = [
  { title: 'Teacher', value: ({ name }) => name },
  {
    title: 'Device time',
    value: ({ deviceSeconds }) => orNotKnown(deviceSeconds, durationText),
    isNumber: true,
  },
  {
    title: "Of all teachers'",
    value: ({ timeShare }) => orNotKnown(timeShare, percentText),
    isNumber: true,
  },
  {
    title: 'Samples answered',
    hint: 'For this run, without stored answers',
    value: ({ sampleCount }) => orNotKnown(sampleCount, countText),
    isNumber: true,
  },
  {
    title: 'Calls',
    hint: 'Of a service; calls with unreadable answers are included',
    value: ({ calls }) => orNotKnown(calls, countText),
    isNumber: true,
  },
  {
    title: 'Price',
    hint: 'Of these calls, by the description of the endpoint',
    value: ({ price }) => (price === null ? NOT_KNOWN : priceText(price)),
    isNumber: true,
  },
  {
    title: 'Ensemble without it',
    hint: 'Accuracy of the ensemble without this teacher',
    value: (row) => (hasLoss(row) ? percentText(row.loss.accuracy, 2) : reason(row)),
    isNumber: true,
  },
  {
    title: 'Loss, points (95 %)',
    hint: 'Accuracy with it less that without it: above 0, it is missed (Bonett and Price 2012)',
    value: (row) => {
      if (!hasLoss(row)) return NOT_KNOWN;
      const { mean, low, high } = row.loss.accuracyLoss;
      return `${pointsText(mean)} (${pointsText(low)} to ${pointsText(high)})`;
    },
    isNumber: true,
  },
  {
    title: 'NLL without it',
    hint: 'NLL without it less NLL with it: above 0, it is missed',
    value: (row) =>
      hasLoss(row) ? orNotKnown(row.loss.nllLoss?.mean, (nats) => signedText(nats, 4)) : NOT_KNOWN,
    isNumber: true,
  },
];

/** Columns without a value in any row are left out. */
export function WorthTable({ report }: { readonly report: Report }) {
  const rows = worthRows(report);
  const sampleCount = report.worth?.test?.sampleCount ?? report.labelledTestCount;
  const columns = COLUMNS.filter(
    ({ value }, index) => index === 0 || rows.some((row) => value(row) !== NOT_KNOWN),
  );
  return (
    <>
      {worthSentences(rows).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <DataTable
        caption={`Teachers: cost, and worth to the ensemble on ${countText(sampleCount)} test samples`}
        columns={columns}
        rows={rows}
      />
    </>
  );
}

function reason({ loss }: WorthRow): string {
  return 'missing' in loss ? loss.missing : NOT_KNOWN;
}
