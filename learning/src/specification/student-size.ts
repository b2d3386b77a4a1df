/**
 * How many parameters a student has at the least, whatever set it is trained on. A student that is too large to be
 * trained is refused before the coordinator is asked; the coordinator knows the set and counts exactly.
 */
import { type Problem, STUDENT_MAX_PARAMETERS } from '@lyceum/proto';
import { isMapping } from '../documents/index.js';

/** A kernel of the architecture `conv` has 3 × 3 places. */
const CONV_KERNEL = 9;

/** @param model - `spec.student.model` as it was written; the schema reports values of a wrong type. */
export function studentSizeProblems(model: unknown): Problem[] {
  if (!isMapping(model)) return [];
  const { hiddenUnits, denseUnits, filters, dimension } = model;
  const sizes: [string, number][] = [
    ['hiddenUnits', chainParameters(sizesOf(hiddenUnits), 1)],
    ['denseUnits', chainParameters(sizesOf(denseUnits), 1)],
    ['filters', chainParameters(sizesOf(filters), CONV_KERNEL)],
    ['dimension', sizesOf([dimension])[0] ?? 0],
  ];
  return sizes
    .filter(([, count]) => count > STUDENT_MAX_PARAMETERS)
    .map(([field, count]) => ({
      path: `spec.student.model.${field}`,
      message: tooManyParameters(count, 'at least '),
    }));
}

/** @param about - `at least ` where the count is a lower bound. */
export function tooManyParameters(count: number, about = ''): string {
  return `makes a student of ${about}${count.toLocaleString('en-US')} parameters; want at most ${STUDENT_MAX_PARAMETERS.toLocaleString('en-US')}, whose checkpoint can be stored`;
}

/** Parameters of layers one after another, a kernel and a bias each; the first sees at least one number. */
function chainParameters(sizes: readonly number[], kernel: number): number {
  return sizes.reduce((sum, size, i) => sum + ((sizes[i - 1] ?? 1) * kernel + 1) * size, 0);
}

function sizesOf(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((size) => typeof size === 'number') : [];
}
