/** A check as text. Pure. */
import { type Column, namesText, percentText, tableLines } from '../printing/text/index.js';
import type { Check, CheckedCandidate } from './check-model.js';
import type { JudgedOrder } from './label-orders.js';

/** How many classes of a new order are shown. */
const SHOWN_CLASSES = 12;

export function checkLines(check: Check): string[] {
  const { best, order } = check;
  // The candidates are ranked by it then.
  const another: Column<CheckedCandidate>[] =
    order === best.mapped
      ? [{ title: 'IN ANOTHER ORDER', value: mappedAccuracyText, align: 'right' }]
      : [];
  const tried = tableLines(
    [
      { title: 'VALUES', value: ({ values }: CheckedCandidate) => values },
      { title: 'LAYOUT', value: ({ layout }) => layout },
      { title: 'COLOURS', value: ({ colours }) => colours },
      { title: 'SIZE', value: ({ size }) => size },
      { title: 'LABELS', value: labelsText },
      { title: 'ACCURACY', value: accuracyText, align: 'right' },
      ...another,
    ],
    check.candidates,
  );
  const { distributions, range } = best.tried;
  const [least, greatest] = range.map((value) => value.toPrecision(3));
  const sums = distributions ? 'each row is a distribution' : 'rows are not distributions';
  return [
    ...tried,
    '',
    `Best: values ${best.values}${best.layout && `, ${best.layout}`}${best.colours && `, ${best.colours}`}${best.size && `, ${best.size}`}`,
    ...best.orders.map(
      ({ name, accuracy }) => `  ${percentText(accuracy, 1)} if labels are ${name}`,
    ),
    ...(order === best.mapped ? [mappedText(order.accuracy, order.classes ?? [])] : []),
    ...(check.known === undefined ? [] : [knownText(check.known)]),
    `  output: ${check.settings.output}, from ${least} to ${greatest}; ${sums}`,
    `${accuracyOfText(order)}, ${best.tried.millisecondsPerSample.toPrecision(3)} ms each`,
  ];
}

/** Beside the share of the most frequent class: a model that only guesses reaches that share. */
export function accuracyOfText({ accuracy, sampleCount, frequentShare }: JudgedOrder): string {
  return `${percentText(accuracy, 1)} of ${sampleCount} labelled validation samples (${percentText(frequentShare, 1)} are of one class)`;
}

function knownText(known: readonly string[]): string {
  return `  it knows ${known.length} of the set's classes, ${shownNames(known)}, and is judged by samples of these`;
}

/** The first names of a long list. */
export function shownNames(names: readonly string[]): string {
  return `${namesText(names.slice(0, SHOWN_CLASSES))}${names.length > SHOWN_CLASSES ? ', …' : ''}`;
}

function mappedText(accuracy: number, classes: readonly string[]): string {
  return `  ${percentText(accuracy, 1)}: looks like another class order: ${shownNames(classes)}`;
}

function labelsText(candidate: CheckedCandidate): string {
  return 'problem' in candidate ? candidate.problem : (candidate.orders[0]?.name ?? '');
}

function mappedAccuracyText(candidate: CheckedCandidate): string | undefined {
  if ('problem' in candidate || candidate.mapped === undefined) return undefined;
  return percentText(candidate.mapped.accuracy, 1);
}

function accuracyText(candidate: CheckedCandidate): string | undefined {
  if ('problem' in candidate) return undefined;
  const [named] = candidate.orders;
  return named && percentText(named.accuracy, 1);
}
