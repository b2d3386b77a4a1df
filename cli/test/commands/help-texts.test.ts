/** Every command, argument and option of the program says what it is for, and every command shows an example. */
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/program.js';

interface Named {
  readonly path: string;
  readonly command: Command;
}

function commandsBelow(command: Command, path: string): Named[] {
  return [
    { path, command },
    ...command.commands.flatMap((sub) => commandsBelow(sub, `${path} ${sub.name()}`)),
  ];
}

const COMMANDS = commandsBelow(await createProgram({}), 'coordinator');

/** A command that only holds others. */
const isGroup = ({ path, command }: Named) =>
  command.commands.length > 0 && path !== 'coordinator workers';

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

function errorOf(command: Command): string {
  let text = '';
  command.exitOverride().configureOutput({
    writeErr: (part) => {
      text += part;
    },
  });
  expect(() => command.error('wrong')).toThrow();
  return text;
}

test('the program has more than 40 commands', () => {
  expect(COMMANDS.length).toBeGreaterThan(40);
});

test.each(COMMANDS)('$path has a text for itself, its arguments and options', ({ command }) => {
  expect(command.description()).not.toBe('');
  for (const argument of command.registeredArguments) {
    expect(argument.description, `argument ${argument.name()}`).not.toBe('');
  }
  for (const option of command.options) {
    expect(option.description, `option ${option.flags}`).not.toBe('');
  }
});

test.each(COMMANDS)(
  '$path shows at most one default an option, and its errors name its help',
  ({ command, path }) => {
    const usage = helpOf(command).split('Global Options:')[0] as string;
    const options = usage.split(/\n +(?=-)/).map((text) => text.replaceAll(/\s+/g, ' '));
    for (const option of options) {
      expect(option.match(/\(default: /g)?.length ?? 0, option).toBeLessThanOrEqual(1);
    }
    expect(errorOf(command)).toContain(`(see ${path} --help)`);
  },
);

test.each(COMMANDS.filter((one) => !isGroup(one)))('$path shows an example', (one) => {
  const example = new RegExp(`^ +(\\S.*[|(] ?)?${one.path}\\b`, 'm');
  // The usage line at the top does not count.
  expect(helpOf(one.command).replace(/^Usage: .*/, '')).toMatch(example);
});
