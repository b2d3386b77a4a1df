/** `importLines` as a reader should see them. */
import type { ImportSummary } from '@lyceum/learning/import';
import { expect, test } from 'vitest';
import { importLines } from '../../src/printing/import-lines.js';

const SUMMARY: ImportSummary = {
  kind: 'images',
  samples: 3,
  modalities: [{ sampleShape: [8, 8, 1], valueType: 'uint8' }],
  classNames: ['cat, big', 'dog', ' owl'],
  classOrder: 'sorted as strings',
  splits: {
    train: { samples: 3, labelled: 3 },
    validation: { samples: 0, labelled: 0 },
    test: { samples: 0, labelled: 0 },
  },
  splitSource: 'the source',
  refused: {
    count: 1,
    reasons: { 'empty file': 1 },
    first: [{ path: 'dog/new\nline.jpg', message: 'empty file' }],
  },
  ignored: { count: 1, first: ['a\ttab.txt'] },
  warnings: [],
};

test('importLines quotes a name with a comma, and keeps a name with a line end on one line', () => {
  const lines = importLines(SUMMARY);
  expect(lines).toContain('classes   "cat, big", dog, " owl"; sorted as strings');
  expect(lines).toContain('  dog/new\\nline.jpg: empty file');
  expect(lines).toContain('ignored   1: a\\ttab.txt');
});
