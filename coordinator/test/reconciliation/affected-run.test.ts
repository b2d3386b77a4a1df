/** Which steps and fits of a run some samples affect; the set has 32 train and 8 validation samples. */
import { expect, test } from 'vitest';
import { affectedBy } from '../../src/reconciliation/affected-run.js';
import { aRun, dataset, fit, key, stepOf, TRAIN } from './a-suspect-run.js';

const VALIDATED = TRAIN + 1;
const affected = (run: ReturnType<typeof aRun>, samples: number[], changed = {}) =>
  affectedBy(run, 0, dataset, [{ key: { ...key, ...changed }, samples: new Set(samples) }]);

test('affectedBy gives the first step with one of the train samples', () => {
  const [early, late] = stepOf(3) < stepOf(4) ? [3, 4] : [4, 3];
  const step = stepOf(early);
  expect(affected(aRun({ fit }), [late, early])).toEqual({ step, isFit: false, count: 2 });
});

test('affectedBy says that a validation sample affects the fit of a run that has one', () => {
  expect(affected(aRun({ fit }), [VALIDATED])).toMatchObject({ isFit: true, count: 1 });
  expect(affected(aRun(), [VALIDATED])).toMatchObject({ isFit: false });
});

test('affectedBy gives no step for a table of another codec', () => {
  const run = aRun({ answerCodec: 'float16', fit });
  expect(affected(run, [3]).step).toBeUndefined();
  expect(affected(run, [3], { codec: 'float16' })).toMatchObject({ step: stepOf(3), isFit: false });
});

test('affectedBy counts no samples of a view that the run does not have', () => {
  const none = { step: undefined, isFit: false, count: 0 };
  expect(affected(aRun({ fit }), [3, VALIDATED], { view: 'another' })).toEqual(none);
});
