/** The metadata of cards is read by a YAML parser, their text line by line. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { modelCard } from '../src/report/index.js';
import { codeBlock, markdownText } from '../src/report/markdown.js';
import { reportInput } from './report-inputs.js';

describe('modelCard', () => {
  it('has metadata in the format of the hub', () => {
    const card = modelCard(reportInput());
    const [, metadata = ''] = card.split(/^---$/m);
    expect(parse(metadata)).toMatchObject({
      library_name: 'lyceum',
      pipeline_tag: 'image-classification',
      tags: ['lyceum', 'knowledge-distillation'],
      'model-index': [
        {
          name: 'digits',
          results: [
            {
              task: { type: 'image-classification' },
              dataset: { name: 'mnist', split: 'test' },
              metrics: [
                { type: 'accuracy', value: 0.942 },
                { type: 'nll', value: 0.2 },
                { type: 'ece', value: 0.01 },
                { type: 'brier_score', value: 0.09 },
              ],
            },
          ],
        },
      ],
    });
  });

  it('has the sections of the template', () => {
    const titles = modelCard(reportInput()).match(/^## .*$/gm);
    expect(titles).toEqual([
      '## Model Details',
      '## Uses',
      '## Bias, Risks, and Limitations',
      '## How to Get Started with the Model',
      '## Training Details',
      '## Evaluation',
      '## Environmental Impact',
      '## Technical Specifications',
    ]);
  });

  it('has figures with their intervals', () => {
    expect(modelCard(reportInput())).toContain(
      '| student | 94.2 % (93.1 – 95.2) | 0.2000 | 0.0100 | 0.0900 | 97.0 % | 24,790 |',
    );
  });

  it('has cost and worth of each teacher if there are two', () => {
    const card = modelCard(reportInput());
    expect(card).toContain(
      '| teacher-0 | 50 s | 450 | 4\\.50 EUR | 94.00 % | 2.00 points (1.60 to 2.40) |',
    );
    expect(card).toContain('could be dropped at a loss of −1.00 points');
    expect(modelCard(reportInput({ teachers: 1 }))).not.toContain('cost and worth');
  });

  it('has the same lines and cells if names hold markup', () => {
    const hostile = (text: string) => `\`]|<b>*x*\n\n# y\n---\n| ![p](http://h/p)${text}`;
    const shape = (card: string) =>
      withoutBlocks(card).map((line) => line.replaceAll(/\\\|/g, '').split('|').length);
    expect(shape(modelCard(reportInput({}, hostile)))).toEqual(shape(modelCard(reportInput())));
    const body = withoutBlocks(modelCard(reportInput({}, hostile))).join('\n');
    expect(body).not.toContain('<b>');
    expect(body).not.toMatch(/(?<!\\)!\[|(?<!\\)\]\(/);
  });
});

describe('Markdown of model cards', () => {
  it('markdownText makes a text one line with all marks escaped', () => {
    expect(markdownText('a\n\n# b')).toBe('a \\# b');
    expect(markdownText('- x')).toBe('\\- x');
    expect(markdownText('1. x')).toBe('1\\. x');
    expect(markdownText('x: http://h')).toBe('x: http\\://h');
    expect(markdownText('www.h.org <b> & a@b')).toBe('www\\.h.org &lt;b&gt; &amp; a\\@b');
  });

  it('codeBlock has a longer fence than its text', () => {
    expect(codeBlock('a\n````\nb', '')).toBe('`````\na\n````\nb\n`````');
  });
});

/** Lines below the metadata outside blocks of code. */
function withoutBlocks(card: string): string[] {
  const [, , ...rest] = card.split(/^---$/m);
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of rest.join('---').split('\n')) {
    const [, ticks] = /^(`{3,})/.exec(line) ?? [];
    if (fence === undefined && ticks !== undefined) fence = ticks;
    else if (fence !== undefined) fence = line === fence ? undefined : fence;
    else lines.push(line);
  }
  return lines;
}
