/** What of some samples a run asks for, by its set of 32 samples to train on and 8 to fit a rule to. */
import { expect, test } from 'vitest';
import { affectedBy } from '../../src/reconciliation/affected-run.js';
import { aRun, dataset, fit, key, stepOf, TRAIN } from './a-suspect-run.js';

const VALIDATED = TRAIN + 1;
const affected = (run: ReturnType<typeof aRun>, samples: number[], changed = {}) =>
  affectedBy(run, 0, dataset, [{ key: { ...key, ...changed }, samples: new Set(samples) }]);

test('a sample to train on is in the first step that has it', () => {
  const [early, late] = stepOf(3) < stepOf(4) ? [3, 4] : [4, 3];
  const step = stepOf(early);
  expect(affected(aRun({ fit }), [late, early])).toEqual({ step, isFit: false, count: 2 });
});

test('a fit is made of the validation split', () => {
  expect(affected(aRun({ fit }), [VALIDATED])).toMatchObject({ isFit: true, count: 1 });
  expect(affected(aRun(), [VALIDATED])).toMatchObject({ isFit: false });
});

test('a table of another codec is in no step', () => {
  const run = aRun({ answerCodec: 'float16', fit });
  expect(affected(run, [3]).step).toBeUndefined();
  expect(affected(run, [3], { codec: 'float16' })).toMatchObject({ step: stepOf(3), isFit: false });
});

test('a view that the run has not is none of its own', () => {
  const none = { step: undefined, isFit: false, count: 0 };
  expect(affected(aRun({ fit }), [3, VALIDATED], { view: 'another' })).toEqual(none);
});
