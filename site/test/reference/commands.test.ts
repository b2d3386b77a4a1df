/** A small program, and the page that is made of it. */
import { Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { commandsPage, describedCommands } from '../../src/reference/commands.js';

function program(): Command {
  const up = new Command('up')
    .description('start <all>')
    .argument('[name]', 'whose it is')
    .option('--count <n>', 'how many', '3')
    .addOption(new Option('--secret').hideHelp())
    .addOption(new Option('--how <way>', '').choices(['a', 'b']).env('HOW'))
    .addHelpText('after', '\nExamples:\n  up --count 4');
  return new Command('cluster').description('all').addCommand(up);
}

it('commandsPage has usage, arguments, options and the text below the help', () => {
  const page = commandsPage('Commands', 'Intro.', [program()]);
  expect(page).toContain('## cluster up\n\nStart &lt;all&gt;.');
  expect(page).toContain('| `name` | Whose it is. |');
  expect(page).toContain('| `--count <n>` | How many. Default: `3`. |');
  expect(page).toContain('| `--how <way>` | One of `a`, `b`. Variable: `HOW`. |');
  expect(page).toContain('Examples:\n  up --count 4');
  expect(page).not.toContain('--secret');
});

it('describedCommands has an empty text for an option without a description', () => {
  const without = describedCommands(program()).filter(({ text }) => text === '');
  expect(without.map(({ path }) => path)).toEqual(['cluster up --how <way>']);
});
