/** studentSettingsProblem for settings that a student may have, and for settings of teachers only. */
import { expect, test } from 'vitest';
import { studentSettingsProblem } from '../../src/models/index.js';

test('studentSettingsProblem accepts scale and NHWC, and refuses probabilities and settings of teachers only', () => {
  const settings = { output: 'logits', scale: 255, modality: 'image', classes: ['a'] } as const;
  expect(studentSettingsProblem(settings)).toBeUndefined();
  expect(studentSettingsProblem({ ...settings, layout: 'NHWC' })).toBeUndefined();
  expect(studentSettingsProblem({ ...settings, layout: 'NCHW' })).toMatch(/^has layout in its/);
  expect(studentSettingsProblem({ ...settings, mean: [0.5], logitsConfirmed: true })).toMatch(
    /^has mean, logitsConfirmed in its settings, which only teachers may have: push it again without;/,
  );
  expect(studentSettingsProblem({ ...settings, output: 'probabilities' })).toMatch(
    /^gives probabilities; a student must give logits/,
  );
});
