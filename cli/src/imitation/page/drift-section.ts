/** How the teachers' answers changed while they were collected, as HTML. */
import type { DriftWindow } from '../drift/index.js';
import type { CheckSummary } from '../findings/index.js';
import { count, escaped, folded, percent, small, table } from './html.js';

export function driftSection({ drift }: CheckSummary): string {
  const rows = drift.map(({ name, windows, doubts }) => [
    escaped(name),
    steps('steps', windows, ({ agreement }) => agreement),
    steps('steps bad', windows, ({ unreadable }) => unreadable),
    escaped(doubts.length === 0 ? 'no change beyond chance' : doubts.join('; ')),
  ]);
  return `${table(['Teacher', 'As the others', 'Unreadable', 'Change'], rows)}
${small('A bar a window: its answers in the order in which they came, up to eight windows of as many each.')}
${folded('Windows in figures', windowTable(drift))}`;
}

function windowTable(drift: CheckSummary['drift']): string {
  const titles = [
    'Teacher',
    'From',
    'To',
    '#Answers',
    '#Unreadable',
    '#Did not know',
    '#As the others',
    '#Classes off its own',
    '#Inputs off the whole',
  ];
  const rows = drift.flatMap(({ name, windows }) =>
    windows.map((w) => [
      escaped(name),
      escaped(w.from),
      escaped(w.to),
      count(w.answers),
      percent(w.unreadable),
      percent(w.abstained),
      percent(w.agreement),
      percent(w.distance),
      percent(w.othersDistance),
    ]),
  );
  return `${table(titles, rows)}
${small('Off its own: how far the classes named are from those of all its answers, by shares; the last column is the same of what the other teachers say of these inputs, which is how much the inputs themselves changed.')}`;
}

function steps(
  style: string,
  windows: readonly DriftWindow[],
  shareOf: (window: DriftWindow) => number | null,
): string {
  const bars = windows.map((window) => {
    const share = shareOf(window);
    return share === null
      ? '<b title="none"></b>'
      : `<i title="${percent(share)}" style="height:${(100 * share).toFixed(1)}%"></i>`;
  });
  return `<div class="${style}">${bars.join('')}</div>`;
}
