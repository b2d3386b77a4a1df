// Run states are compared with the lists in the header of `run-state.ts`.
import { expect, test } from 'vitest';
import { checkTransition, hasEnded, isAssigned, RUN_STATES } from '../../src/schedule/run-state.js';

test('isAssigned is true in PREPARING, FITTING and TRAINING', () => {
  expect(RUN_STATES.filter(isAssigned)).toEqual(['PREPARING', 'FITTING', 'TRAINING']);
});

test('hasEnded is true in SUCCEEDED, FAILED and CANCELLED', () => {
  expect(RUN_STATES.filter(hasEnded)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
});

test('checkTransition accepts QUEUED to PREPARING, and refuses SUCCEEDED to QUEUED', () => {
  expect(() => checkTransition('r1', 'QUEUED', 'PREPARING')).not.toThrow();
  expect(() => checkTransition('r1', 'SUCCEEDED', 'QUEUED')).toThrow(
    expect.objectContaining({
      code: 'FAILED_PRECONDITION',
      message: 'run r1 is SUCCEEDED and cannot become QUEUED',
    }),
  );
});
