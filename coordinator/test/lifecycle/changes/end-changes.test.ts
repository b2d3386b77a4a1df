// How a run record ends, and starts another attempt.
import { describe, expect, it } from 'vitest';
import * as changes from '../../../src/lifecycle/changes/index.js';
import { changed, KEY_DIGEST, outcome, training } from './training-run.js';

describe('a run record at its end', () => {
  it('can be retried in QUEUED, or in EVALUATING if training had ended', () => {
    const failed = changed(changes.failed(training(), 'x', 3_000));
    expect(changes.retried(failed, 4_000)).toMatchObject({
      state: 'QUEUED',
      attempt: 2,
      endedAtMs: 0,
    });
    const late = changed(
      changes.failed(changed(changes.trained(training(), 1, outcome, undefined, 1)), 'x', 2),
    );
    expect(changes.retried(late, 4_000).state).toBe('EVALUATING');
    expect(() => changes.retried(training(), 1)).toThrow('run run is TRAINING');
  });

  it('can be cancelled once, and not after its end', () => {
    const cancelling = changed(changes.cancelling(training(), 'x', 3_000));
    expect(cancelling.assignment).toEqual({
      workerId: 's1',
      assignmentEpoch: 1,
      sessionKeyDigest: KEY_DIGEST,
    });
    expect(changes.cancelling(cancelling, 'x', 3_001)).toBeUndefined();
    expect(changes.failed(cancelling, 'x', 3_002)).toBeUndefined();
    const cancelled = changed(changes.cancelled(cancelling, 4_000));
    expect(cancelled).toMatchObject({ state: 'CANCELLED', endedAtMs: 4_000 });
    expect(cancelled.assignment).toBeUndefined();
    expect(() => changes.cancelling(cancelled, 'x', 1)).toThrow('has ended');
    expect(changes.cancelled(training(), 4_000)).toBeUndefined();
  });
});
