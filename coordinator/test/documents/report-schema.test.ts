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

test('the published report.schema.json equals the schema in the code', () => {
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(reportJsonSchema());
});

test('reportSchema accepts a report that went through JSON, and keeps all its fields', () => {
  const report = composeReport(exampleInput());
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test('reportSchema refuses a report without gapClosed', () => {
  const { gapClosed: _, ...report } = composeReport(exampleInput());
  expect(reportSchema.safeParse(report).success).toBe(false);
});

test('reportSchema refuses a run id that holds a shell command', () => {
  const report = composeReport(exampleInput());
  const evil = 'digits; touch evil';
  expect(reportSchema.safeParse({ ...report, runId: evil }).success).toBe(false);
  const student = { ...report.student, runId: evil };
  expect(reportSchema.safeParse({ ...report, student }).success).toBe(false);
});
