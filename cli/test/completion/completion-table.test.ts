/** `completionTable` of a small program written by hand. */
import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { completionTable } from '../../src/completion/completion-table.js';

const program = new Command('coordinator').option('-o, --output <format>', 'how');
const models = program.command('models').description('of models');
models
  .command('push')
  .description('store')
  .argument('<name>', 'its name')
  .argument('[path]', 'a file')
  .option('--dataset <name>', 'a set')
  .option('--set <path=value>', 'a field')
  .option('--no-try', 'not tried');
models.command('show').description('show').argument('<name>', 'its name');
program
  .command('delete')
  .description('delete')
  .argument('<run...>', 'ids')
  .addOption(new Option('--how <how>', 'how').choices(['now', 'later']));
program.command('secret', { hidden: true }).description('not shown');
program
  .command('schema')
  .description('schema')
  .addArgument(new Argument('[d]', 'd').choices(['run']));

const TABLE = new Map(
  completionTable(program).flatMap(({ keys, candidates }) =>
    keys.map((key) => [
      key,
      typeof candidates === 'string' ? candidates : candidates.map(({ text }) => text),
    ]),
  ),
);

test('completionTable has commands, without hidden ones', () => {
  expect(TABLE.get('c:')).toEqual(['models', 'delete', 'schema']);
  expect(TABLE.get('c:models')).toEqual(['push', 'show']);
  expect(TABLE.has('c:models push')).toBe(false);
});

test("completionTable has a command's own options first, then those of the program", () => {
  expect(TABLE.get('o:models push')).toEqual([
    ...['--dataset', '--set', '--no-try', '--help', '-h', '--output', '-o'],
  ]);
  expect(TABLE.get('o:')).toContain('--output');
});

test('completionTable has choices and names for values of options, or nothing', () => {
  expect(TABLE.get('v:delete --how')).toEqual(['now', 'later']);
  expect(TABLE.get('v:models push --dataset')).toBe('datasets');
  expect(TABLE.get('v:models push --set')).toEqual([]);
  expect(TABLE.get('v:* --output')).toEqual([]);
  expect(TABLE.get('v:* -o')).toEqual([]);
  expect(TABLE.has('v:models push --no-try')).toBe(false);
});

test('completionTable has names, files and choices for arguments', () => {
  expect(TABLE.get('a:delete *')).toBe('runs');
  expect(TABLE.get('a:models show 0')).toBe('models');
  expect(TABLE.get('a:models push 1')).toBe('files');
  expect(TABLE.get('a:schema 0')).toEqual(['run']);
});
