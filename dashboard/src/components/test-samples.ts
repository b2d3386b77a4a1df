/** The number of test samples behind a report's figures, as text. Pure. */
import type { Report } from '../api/index.js';
import { countText, pluralText } from './numbers.js';

/** `300 test samples`, or `300 test samples, 6 of them with a label`. */
export function testSamplesText({
  testSampleCount: all,
  labelledTestCount: labelled,
}: Report): string {
  const samples = pluralText(all, 'test sample');
  return labelled === all ? samples : `${samples}, ${countText(labelled)} of them with a label`;
}
