import { expect, test } from 'vitest';
import { reportSchema } from '../../src/documents/report.js';
import { composeReport } from '../../src/report/compose-report.js';
import { exampleInput } from './report-input-example.js';

test('composeReport has 0 wall seconds if the clock was set back during the run', () => {
  const input = exampleInput();
  const report = composeReport({ ...input, endedAtMs: input.submittedAtMs - 3_600_000 });
  expect(reportSchema.parse(report).wallSeconds).toBe(0);
});
