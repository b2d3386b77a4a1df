/** Settings of a student's model one by one, and what coordinator and student worker must say of each. */
import { expect, test } from 'vitest';
import { studentSettingsProblem } from '../../src/models/index.js';

test('a student sees samples as they are, but for a scale, in the layout that sets have', () => {
  const settings = { output: 'logits', scale: 255, modality: 'image', classes: ['a'] } as const;
  expect(studentSettingsProblem(settings)).toBeUndefined();
  expect(studentSettingsProblem({ ...settings, layout: 'NHWC' })).toBeUndefined();
  expect(studentSettingsProblem({ ...settings, layout: 'NCHW' })).toMatch(/^has layout in its/);
  expect(studentSettingsProblem({ ...settings, mean: [0.5], logitsConfirmed: true })).toMatch(
    /^has mean, logitsConfirmed in its settings, which only teachers may have: push it again without;/,
  );
});
