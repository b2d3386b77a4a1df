/** The samples that a report's figures are of. Pure. */
import type { Report } from '../api/index.js';
import { countText } from './numbers.js';

/** @param found - labelled samples as the findings have them, which older reports lack; undefined: not known. */
export function labelledTestCount(report: Report, found: number | undefined): number {
  return report.labelledTestCount ?? found ?? report.testSampleCount;
}

/** `300 test samples`, or `300 test samples, 6 of them with a label`. */
export function testSamplesText(report: Report, found: number | undefined): string {
  const { testSampleCount: all } = report;
  const labelled = labelledTestCount(report, found);
  const samples = `${countText(all)} test sample${all === 1 ? '' : 's'}`;
  return labelled === all ? samples : `${samples}, ${countText(labelled)} of them with a label`;
}
