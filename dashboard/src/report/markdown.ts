/** Escapes texts from others, so that Markdown shows them as they are. Pure. */

/** Characters with a meaning within a line of Markdown, and of GitHub's dialect (links without brackets). */
const MARKS = /[\\`*_[\]{}|~#!$^@]/g;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** One line that shows the text at any place of a paragraph, list item or cell. */
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

/** @param rows - cells in Markdown; the first column names the row, the others have numbers. */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

/** A code block whose fence is longer than any row of backticks in the text. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/** A YAML string on one line: a JSON string is one. */
export function yamlString(text: string): string {
  return JSON.stringify(text);
}
