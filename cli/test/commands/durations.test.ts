/** Flags that are times, found by their texts: each has an upper bound, as a time without end disables its feature. */
import type { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/program.js';

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)];
}

const TIMES = optionsOf(await createProgram({})).filter(({ flags }) =>
  /-(seconds|days|ms) |<(seconds|s)>/.test(flags),
);

test('the flags that are times are these five', () => {
  const names = TIMES.map(({ long }) => long);
  expect(names.sort()).toEqual([
    '--canary-seconds',
    '--days',
    '--grace',
    '--patience',
    '--timeout',
  ]);
});

test.each(TIMES)('$long has an upper bound', ({ parseArg }) => {
  expect(() => parseArg?.('9007199254740991', undefined)).toThrow(/want a (whole )?number/);
});
