/**
 * The published schema against the one in the code, and a report against it.
 *
 * To publish a change: print `coordinator schema report` into the file, and format it.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reportJsonSchema, reportSchema } from '../../src/documents/report.js';
import { composeReport } from '../../src/report/compose-report.js';
import { exampleInput } from '../report/report-input-example.js';

const published = new URL('../../src/documents/report.schema.json', import.meta.url);

test('what is published is what is checked', () => {
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(reportJsonSchema());
});

test('a report that went through JSON passes, and loses nothing', () => {
  const report = composeReport(exampleInput());
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test('a report without a figure does not pass', () => {
  const { gapClosed: _, ...report } = composeReport(exampleInput());
  expect(reportSchema.safeParse(report).success).toBe(false);
});

test('a report whose run has no name of a run, but one with a line for a shell, does not pass', () => {
  const report = composeReport(exampleInput());
  const evil = 'digits; touch evil';
  expect(reportSchema.safeParse({ ...report, runId: evil }).success).toBe(false);
  const student = { ...report.student, runId: evil };
  expect(reportSchema.safeParse({ ...report, student }).success).toBe(false);
});
