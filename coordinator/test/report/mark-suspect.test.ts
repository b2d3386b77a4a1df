/** A stored report gets a warning; its figures stay. */
import { expect, it } from 'vitest';
import { reportSchema } from '../../src/documents/report.js';
import { composeReport } from '../../src/report/compose-report.js';
import { markSuspect } from '../../src/report/mark-suspect.js';
import { exampleInput } from './report-input-example.js';

it('markSuspect makes a report not bit-exact and adds the reason as a warning', () => {
  const before = reportSchema.parse(composeReport(exampleInput()));
  const bytes = Buffer.from(JSON.stringify(before));
  const use = { teacher: 'deep', count: 12, reason: 'it was replaced' };
  const after = reportSchema.parse(JSON.parse(markSuspect(bytes, use).toString()));
  const text =
    'suspect answers: 12 of teacher deep, which were dropped after the run had ended: it was replaced';
  expect(after).toEqual({
    ...before,
    bitExact: false,
    bitExactExceptions: [...before.bitExactExceptions, text],
    teacherWarnings: [...(before.teacherWarnings ?? []), text],
  });
});
