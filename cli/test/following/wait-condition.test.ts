/** `waitVerdict` against a table written by hand. */
import { expect, test } from 'vitest';
import type { RunStateName } from '../../src/client/index.js';
import { type WaitState, waitVerdict } from '../../src/following/wait-condition.js';

test.each<[RunStateName, WaitState, ReturnType<typeof waitVerdict>]>([
  ['QUEUED', 'TRAINING', 'not yet'],
  ['TRAINING', 'TRAINING', 'met'],
  // The run was in this state between two queries.
  ['EVALUATING', 'TRAINING', 'met'],
  ['SUCCEEDED', 'TRAINING', 'met'],
  ['EVALUATING', 'SUCCEEDED', 'not yet'],
  // The run may be resumed, and PAUSED does not tell how far it is.
  ['PAUSED', 'SUCCEEDED', 'not yet'],
  ['PAUSED', 'QUEUED', 'not yet'],
  ['TRAINING', 'PAUSED', 'not yet'],
  ['PAUSED', 'PAUSED', 'met'],
  ['SUCCEEDED', 'PAUSED', 'never'],
  ['SUCCEEDED', 'FAILED', 'never'],
  ['FAILED', 'SUCCEEDED', 'never'],
  ['FAILED', 'TRAINING', 'never'],
  ['CANCELLED', 'SUCCEEDED', 'never'],
  ['CANCELLING', 'SUCCEEDED', 'never'],
  ['CANCELLING', 'FAILED', 'never'],
  ['CANCELLING', 'CANCELLED', 'not yet'],
  ['CANCELLED', 'CANCELLING', 'met'],
  ['CANCELLING', 'ENDED', 'not yet'],
  ['FAILED', 'ENDED', 'met'],
  ['SUCCEEDED', 'ENDED', 'met'],
  // Of a newer coordinator.
  ['UNKNOWN', 'SUCCEEDED', 'not yet'],
])('waitVerdict of a run that is %s, waited for until %s: %s', (now, wanted, verdict) => {
  expect(waitVerdict(now, wanted)).toBe(verdict);
});
