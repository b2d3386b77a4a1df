import { expect, test } from 'vitest';
import { isYes } from '../../src/process/yes-or-no.js';

const read = (value?: string) => isYes('LYCEUM_X', value === undefined ? {} : { LYCEUM_X: value });

test.each(['true', '1', 'yes', 'on', 'TRUE', ' True '])('%j says yes', (value) => {
  expect(read(value)).toBe(true);
});

test.each([undefined, '', 'false', '0', 'no', 'off', 'False', ' NO '])('%j says no', (value) => {
  expect(read(value)).toBe(false);
});

test.each(['maybe', 'tru', '2', 'null', '-', 'false;'])('%j is refused', (value) => {
  expect(() => read(value)).toThrow(`LYCEUM_X is ${JSON.stringify(value)}; want true or false`);
});
