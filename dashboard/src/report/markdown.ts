/** Texts of others as Markdown that shows them as they are. Pure. */

/** What means something within a line of Markdown, in GitHub's dialect too (links that need no brackets). */
const MARKS = /[\\`*_[\]{}|~#!$^@]/g;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** One line that shows the text, wherever in a paragraph, list item or cell it stands. */
export function markdownText(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line
    .replaceAll(MARKS, (mark) => `\\${mark}`)
    .replaceAll(/[&<>]/g, (mark) => ENTITIES[mark] ?? mark)
    .replaceAll('://', '\\://')
    .replaceAll(/(www)\./gi, '$1\\.')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** @param rows - texts that are Markdown already; the first column names the row, the others are numbers. */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

/** A block whose fence no line of the text can end. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/** A YAML string on one line: JSON's are. */
export function yamlString(text: string): string {
  return JSON.stringify(text);
}
