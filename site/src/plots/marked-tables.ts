/**
 * Tables that a page also shows as plots. A mark stands directly before its table:
 *
 *     <!-- plot COLUMN | AXIS, with its unit | a caption that explains dots and lines -->
 *
 * The first cell of a row is the row's name. Rows with an empty cell in COLUMN are left out. So a page has its figures
 * only once, and readers of the plain Markdown have them too. Pure, except that it changes the tokens.
 */
import { dotPlot, type PlotRow } from './dot-plot.js';
import { figureOf } from './figure.js';

/** A token of a page, from markdown-it. */
export interface PageToken {
  readonly type: string;
  content: string;
  readonly children: readonly { readonly type: string; readonly content: string }[] | null;
}

const MARK = /^<!-- plot (.+) -->\s*$/;
const EMPTY = /^[–-]?$/;

/** Replaces each mark by its plot. @param page - the page's path, for error messages. */
export function plotMarkedTables(tokens: readonly PageToken[], page: string): void {
  tokens.forEach((token, index) => {
    const [, mark] = (token.type === 'html_block' && MARK.exec(token.content)) || [];
    if (mark === undefined) return;
    const refuse = (why: string) => new Error(`${page}: <!-- plot ${mark} -->: ${why}`);
    const [column, axis, note, ...more] = mark.split(' | ');
    if (column === undefined || axis === undefined || note === undefined || more.length > 0) {
      throw refuse('want COLUMN | AXIS | a caption that explains dots and lines');
    }
    const [head, ...rows] = tableAt(tokens, index + 1);
    if (head === undefined) throw refuse('no table follows');
    const place = head.indexOf(column);
    if (place === -1)
      throw refuse(`the table has no column "${column}"; it has ${head.join(', ')}`);
    const plotted = rows.flatMap((cells): PlotRow[] => {
      const [label = ''] = cells;
      const cell = cells[place] ?? '';
      if (EMPTY.test(cell)) return [];
      const figure = figureOf(cell);
      if (figure === undefined) throw refuse(`"${cell}" is no figure`);
      return [{ label, figure }];
    });
    if (plotted.length === 0) throw refuse('the column is empty');
    token.content = `<figure class="plot-figure">${dotPlot(plotted, axis)}<figcaption>${note}</figcaption></figure>\n`;
  });
}

/** @returns the cells' texts by rows; empty if no table follows. */
function tableAt(tokens: readonly PageToken[], from: number): string[][] {
  let index = from;
  while (tokens[index]?.type === 'html_block') index += 1;
  if (tokens[index]?.type !== 'table_open') return [];
  const rows: string[][] = [];
  for (; tokens[index] !== undefined && tokens[index]?.type !== 'table_close'; index += 1) {
    const token = tokens[index];
    if (token?.type === 'tr_open') rows.push([]);
    if (token?.type === 'inline') rows.at(-1)?.push(textOf(token));
  }
  return rows;
}

/** The text of a cell, without the markup of links and code. */
function textOf({ children }: PageToken): string {
  return (children ?? []).map(({ content }) => content).join('');
}
