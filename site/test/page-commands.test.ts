/**
 * Command lines in the blocks of all pages are compared with the programs: command, options and count of arguments.
 * Nothing is run here: the stories in `commands/` run commands, or give a reason why not.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { coordinatorProgram, workerPrograms } from '../src/reference/sources.js';
import { isOf, NOT_RUN, reasonNotToRun } from './commands/not-run.js';
import { commandsOf } from './commands/page-steps.js';
import { STORIES } from './commands/stories.js';

const CHECKOUT = resolve(import.meta.dirname, '../..');
/** The page about former versions. */
const OF_THE_PAST = 'CHANGELOG.md';
const PROGRAMS = new Map(
  [await coordinatorProgram(), ...workerPrograms()].map((program) => [program.name(), program]),
);

interface Line {
  readonly page: string;
  readonly text: string;
}

/** The words of a line. Quotes hold words together; the text behind `#`, `|`, `>`, `<` and `&` is the shell's. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => /^[#|<>&]|^2>/.test(word));
  return words.slice(0, end === -1 ? words.length : end).map((word) => word.replace(/;$/, ''));
}

/** @returns the problem of a line; undefined: there is none, or it calls none of the programs. */
function problemOf({ text }: Line): string | undefined {
  const words = wordsOf(text).filter((word) => !/^(?:npx|[A-Z_]+=.*)$/.test(word));
  const program = PROGRAMS.get(words[0] ?? '');
  if (program === undefined) return undefined;
  let command = program;
  let operandCount = 0;
  for (let index = 1; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (/^-./.test(word)) {
      const [name = '', value] = word.split('=', 2);
      if (name === '--help') return undefined;
      const option = optionOf(command, name);
      if (option === undefined) return `${command.name()} has no option ${name}`;
      if (option.required && value === undefined) index += 1;
      continue;
    }
    const below = command.commands.find((sub) => sub.name() === word);
    if (below !== undefined && operandCount === 0) command = below;
    else operandCount += 1;
  }
  return countProblem(command, operandCount);
}

function optionOf(command: Command, name: string): Option | undefined {
  const own = command.options.find((option) => option.long === name || option.short === name);
  return own ?? (command.parent === null ? undefined : optionOf(command.parent, name));
}

function countProblem(command: Command, count: number): string | undefined {
  const { registeredArguments: wanted } = command;
  if (command.commands.length > 0 && wanted.length === 0 && count > 0) {
    return `${command.name()} has no such command`;
  }
  const least = wanted.filter((argument) => argument.required).length;
  if (count < least) return `${command.name()} wants ${least} arguments`;
  const isBounded = wanted.every((argument) => !argument.variadic);
  return isBounded && count > wanted.length
    ? `${command.name()} takes at most ${wanted.length} arguments`
    : undefined;
}

const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: CHECKOUT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((page) => page !== OF_THE_PAST);
const COMMANDS: readonly Line[] = PAGES.flatMap((page) => {
  const markdown = readFileSync(join(CHECKOUT, page), 'utf8');
  return commandsOf(markdown).map((text) => ({ page, text }));
});

it('every command line in a block of a page is valid for its program', () => {
  const lines = COMMANDS.flatMap(({ page, text }) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => ({ page, text: line.trim() })),
  );
  const wrong = lines.flatMap((line) => {
    const problem = problemOf(line);
    return problem === undefined ? [] : [`${line.page}: ${line.text}: ${problem}`];
  });
  expect(wrong).toEqual([]);
  const called = lines.filter(({ text }) => /\b(?:coordinator|teacher-worker) /.test(text));
  expect(called.length).toBeGreaterThan(80);
});

it('every command of a page is run by a story, or NOT_RUN has a reason', () => {
  const followed = new Set<string>(
    Object.values(STORIES)
      .flat()
      .map(({ path }) => path),
  );
  const forgotten = COMMANDS.filter(
    ({ page, text }) => !followed.has(page) && reasonNotToRun(page, text) === undefined,
  );
  expect(forgotten).toEqual([]);
});

it('every entry of NOT_RUN fits a command of a page', () => {
  const idle = NOT_RUN.filter(
    (entry) => !COMMANDS.some(({ page, text }) => isOf(entry, page, text)),
  );
  expect(idle).toEqual([]);
});

it.each([
  ['coordinator report digits --htlm x', 'report has no option --htlm'],
  ['coordinator report', 'report wants 1 arguments'],
  ['coordinator get a b', 'get takes at most 1 arguments'],
  ['npx coordinator workers relese x', 'workers has no such command'],
  ['coordinator get a | head   # one', undefined],
  ['LYCEUM_X=1 coordinator submit "a b.yaml" --set \'a={b: 1, c: 2}\' --watch', undefined],
  ['kubectl get pods --all', undefined],
])('problemOf finds the problem of: %s', (text, problem) => {
  expect(problemOf({ page: '', text })).toBe(problem);
});
