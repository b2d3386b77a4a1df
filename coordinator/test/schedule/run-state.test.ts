// Which states have a student worker, which are the end, and the ways between them, against the list in the header.
import { expect, test } from 'vitest';
import { checkTransition, hasEnded, isAssigned, RUN_STATES } from '../../src/schedule/run-state.js';

test('a student worker belongs to a run from the preparation to the end of its training', () => {
  expect(RUN_STATES.filter(isAssigned)).toEqual(['PREPARING', 'FITTING', 'TRAINING']);
});

test('a run ends well, badly or cancelled', () => {
  expect(RUN_STATES.filter(hasEnded)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
});

test('a run goes a way that there is, and no other', () => {
  expect(() => checkTransition('r1', 'QUEUED', 'PREPARING')).not.toThrow();
  expect(() => checkTransition('r1', 'SUCCEEDED', 'QUEUED')).toThrow(
    expect.objectContaining({
      code: 'FAILED_PRECONDITION',
      message: 'run r1 is SUCCEEDED and cannot become QUEUED',
    }),
  );
});
