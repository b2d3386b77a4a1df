/** Pages of a plot mark and a table, as tokens of markdown-it. */
import { createMarkdownRenderer } from 'vitepress';
import { expect, it } from 'vitest';
import { type PageToken, plotMarkedTables } from '../../src/plots/marked-tables.js';

const TABLE = `| student | accuracy | against |
| --- | --- | --- |
| \`alone\` | 80.15 ± 1.00 % | |
| taught | 94.20 ± 0.50 % | +14.05 (13.00 to 15.00) |
`;

async function plotted(page: string): Promise<PageToken[]> {
  const md = await createMarkdownRenderer('.');
  const tokens = md.parse(page, {}) as PageToken[];
  plotMarkedTables(tokens, 'a.md');
  return tokens.filter(({ type }) => type === 'html_block');
}

it('plotMarkedTables makes a mark a plot of its column, with a dot for each row', async () => {
  const [plot] = await plotted(`<!-- plot accuracy | accuracy, % | ten seeds -->\n${TABLE}`);
  expect(plot?.content.match(/<circle/g)).toHaveLength(2);
  expect(plot?.content).toContain('>alone<');
  expect(plot?.content).toContain('<figcaption>ten seeds</figcaption>');
});

it('plotMarkedTables leaves out rows without a figure, and makes two plots of one table', async () => {
  const marks = '<!-- plot accuracy | a, % | b -->\n<!-- plot against | c, points | d -->\n';
  const [first, second] = await plotted(marks + TABLE);
  expect(first?.content.match(/<circle/g)).toHaveLength(2);
  expect(second?.content.match(/<circle/g)).toHaveLength(1);
});

it('plotMarkedTables keeps other comments', async () => {
  const [comment] = await plotted(`<!-- a table -->\n${TABLE}`);
  expect(comment?.content).toBe('<!-- a table -->\n');
});

it.each([
  ['<!-- plot accuracy | a -->\n', 'want COLUMN | AXIS | a caption that explains dots and lines'],
  [
    '<!-- plot loss | a | b -->\n',
    'the table has no column "loss"; it has student, accuracy, against',
  ],
  ['<!-- plot student | a | b -->\n', '"alone" is no figure'],
  ['<!-- plot accuracy | a | b -->\n\nText.\n\n', 'no table follows'],
])('plotMarkedTables refuses %s', async (mark, why) => {
  await expect(plotted(mark + TABLE)).rejects.toThrow(`a.md: ${mark.split('\n')[0]}: ${why}`);
});
