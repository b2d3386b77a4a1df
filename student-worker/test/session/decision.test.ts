/** The whole decision table, row by row: what the worker has, the new desired state, the decision. */
import { expect, it } from 'vitest';
import { decideAssignment } from '../../src/session/decision.js';

const digits = (assignmentEpoch: number) => ({ runId: 'digits', assignmentEpoch });
const fashion = (assignmentEpoch: number) => ({ runId: 'fashion', assignmentEpoch });

it.each([
  ['free, told nothing', undefined, undefined, 'keep'],
  ['free, told a run', undefined, digits(1), 'start'],
  ['working, told the same assignment again', digits(3), digits(3), 'keep'],
  ['working, told nothing any more', digits(3), undefined, 'leave'],
  ['working, told another run', digits(3), fashion(1), 'start'],
  ['working, the run was assigned to it anew', digits(3), digits(4), 'start'],
  ['working, an overtaken assignment arrives', digits(3), digits(2), 'ignore'],
] as const)('decideAssignment: %s', (_case, current, desired, decision) => {
  expect(decideAssignment(current, desired)).toBe(decision);
});
