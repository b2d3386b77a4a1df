/** The table of the commands' files, against the commands that the files add. knip finds files that it lacks. */
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/commands/index.js';
import { createProgram, programFor } from '../../src/program.js';

const FILES = [...new Set(COMMANDS.values())].map((load) => {
  const names = [...COMMANDS].filter(([, other]) => other === load).map(([name]) => name);
  return { names, load };
});

const namesOf = (program: Command) => program.commands.map((command) => command.name());

test.each(FILES)('the file of $names adds these commands, and no others', async (file) => {
  const program = new Command();
  const add = await file.load();
  add(program, {});
  expect(namesOf(program)).toEqual(file.names);
});

test.each(FILES.flatMap(({ names }) => names.map((name) => ({ name, names }))))(
  'programFor loads only the file of $name',
  async ({ name, names }) => {
    const isForAll = name === 'completion';
    const program = await programFor(['-o', 'json', name, 'digits', '--seeds', '3'], {});
    expect(namesOf(program)).toEqual(isForAll ? [...COMMANDS.keys()] : names);
  },
);

test.each([
  [],
  ['--help'],
  ['-h', 'wait'],
  ['wiat', 'digits'],
  ['constructor'],
  ['--tls-dir', 'wait'],
  ['--unknown', 'wait'],
])('programFor adds all commands for %j %j', async (...args) => {
  expect(namesOf(await programFor(args, {}))).toEqual(namesOf(await createProgram({})));
});

test.each([
  [[], 'Usage: coordinator [options]'],
  [['wait'], 'Usage: coordinator wait [options] <run>'],
  [['models', 'push'], 'Usage: coordinator models push [options] <name> [path]'],
])('help %j shows the help of that command', async (names, usage) => {
  const told = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const program = await programFor(['help', ...names], {});
  expect(() => program.parse(['help', ...names], { from: 'user' })).toThrow(CommanderError);
  expect(told.mock.calls.join('')).toContain(usage);
  told.mockRestore();
});

test('programFor reports a wrong global option as commander does', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await expect(programFor(['wait', 'digits', '-o', 'xml'], {})).rejects.toThrow(CommanderError);
  expect(told.mock.calls.join('')).toContain("argument 'xml' is invalid");
  told.mockRestore();
});

test.each([undefined, '', 'relative'])('XDG_CACHE_HOME %j is ignored', async (XDG_CACHE_HOME) => {
  const env = XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME };
  const { cache } = (await createProgram(env)).opts<{ cache: string }>();
  expect(cache).toBe(path.join(homedir(), '.cache', 'lyceum'));
});
