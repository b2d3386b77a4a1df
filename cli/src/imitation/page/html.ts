/** Pieces of the page. Cells are HTML: text from outside is escaped where a cell is made. */
import { printable } from '@lyceum/proto';

/** HTML of a cell, already escaped. */
type Cell = string;

/** @param titles - plain text; a leading # marks a column of numbers. */
export function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = titles.map((title) => title.startsWith('#'));
  const cell = (tag: string, text: string, k: number) =>
    `<${tag}${isNumber[k] ? ' class="n"' : ''}>${text}</${tag}>`;
  const head = titles.map((title, k) => cell('th', escaped(title.replace(/^#/, '')), k)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, k) => cell('td', text, k)).join('')}</tr>`);
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** @param inner - HTML, hidden until the reader opens it. */
export function folded(summary: string, inner: string): string {
  return `<details><summary>${escaped(summary)}</summary>\n${inner}\n</details>`;
}

export function small(html: string): string {
  return `<p><small>${html}</small></p>`;
}

/** A cell of running text. */
export function said(html: string): Cell {
  return `<div class="said">${html}</div>`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`;
}

export function points(difference: number): string {
  const sign = difference > 0 ? '+' : '−';
  return `${sign}${Math.abs(100 * difference).toFixed(1)}`;
}

/** The text, escaped, and cut after `characters`. */
export function shown(text: string, characters: number): Cell {
  const own = [...text];
  return escaped(own.length > characters ? `${own.slice(0, characters).join('')}…` : text);
}

export function escaped(text: string): Cell {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return printable(text).replace(/[&<>"']/g, (character) => names[character] ?? character);
}
