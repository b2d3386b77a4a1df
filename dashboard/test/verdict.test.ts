/** Sentences about a student, for made-up reports. */
import { expect, it } from 'vitest';
import type { Report } from '../src/api/index.js';
import { verdict } from '../src/web/pages/run/verdict.js';
import { fakeReport, fakeRows, fakeRun, PLAIN } from './browser/fake-facts.js';

const [row] = fakeRows(PLAIN, 1e12);
if (row === undefined) throw new Error('no run');
const report = fakeReport(fakeRun(row, PLAIN), PLAIN);
const told = (changed: Partial<Report>) => verdict({ ...report, ...changed });

it('verdict compares the student with the ensemble and with itself without teachers', () => {
  expect(verdict(report)).toBe(
    "The student is right for 94.3 % of the test samples, 0.8 points less than the ensemble, 2.2 points more than the same student without teachers. It closes 73 % of the gap to the ensemble. It has 1/30 of the ensemble's parameters.",
  );
});

it('verdict leaves out what is not known', () => {
  expect(
    told({ ensemble: null, studentWithoutTeachers: null, gapClosed: null, teachers: [] }),
  ).toBe('The student is right for 94.3 % of the test samples.');
  expect(told({ student: { ...report.student, accuracy: null } })).toMatch(/no labels/);
  // A student that is worse than without teachers closes no gap.
  expect(told({ gapClosed: -0.3 })).not.toMatch(/gap/);
  const [first, ...others] = report.teachers;
  const rented = [{ ...(first as Report['teachers'][number]), parameters: 0 }, ...others];
  expect(told({ teachers: rented })).not.toMatch(/parameters/);
});

it('verdict names no closed gap for a gain that may be chance', () => {
  const accuracy = { mean: 0.022, low: -0.01, high: 0.05 };
  const gain = (p: number) => told({ teachersGain: { accuracy, onlyWith: 9, onlyWithout: 7, p } });
  expect(gain(0.8)).toContain(
    ' than the same student without teachers. The difference from the same student without teachers may be chance. It has',
  );
  expect(gain(0.01)).toContain('It closes 73 % of the gap');
});

it('verdict says that equal accuracies are equal', () => {
  const ensemble = { ...(report.ensemble as NonNullable<Report['ensemble']>), accuracy: 0.943 };
  expect(told({ ensemble, studentWithoutTeachers: null })).toMatch(/, as often as the ensemble\./);
});
