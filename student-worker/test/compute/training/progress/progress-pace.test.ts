import { expect, it } from 'vitest';
import { ProgressPace } from '../../../../src/compute/training/progress/progress-pace.js';

it('ProgressPace is due once a second, every 100 ms at ends of epochs, and always when told so', () => {
  let nowMs = 0;
  const pace = new ProgressPace(() => nowMs);
  const at = (ms: number, epochEnded = false, always = false): boolean => {
    nowMs = ms;
    return pace.due(epochEnded, always);
  };
  expect([at(999), at(1000), at(1999)]).toEqual([false, true, false]);
  expect([at(1099, true), at(1100, true), at(1150, true)]).toEqual([false, true, false]);
  expect([at(1151, false, true), at(1200, true), at(1251, true)]).toEqual([true, false, true]);
});
