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
${small('One bar for each window: the answers in the order in which they came, in at most eight windows of equal size.')}
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
    '#Distance of its classes',
    '#Distance of the inputs',
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
${small('Distance of its classes: total variation between the classes of the window and those of all its answers. Distance of the inputs: the same for what the other teachers say of these inputs; it shows how much the inputs themselves changed.')}`;
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
