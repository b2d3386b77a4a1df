/**
 * What may stand at each place of the command line, as one table that each shell's script contains. Pure.
 *
 * A row is found by its key, with `*` for anything:
 *
 *   c:COMMAND          the subcommands of a command; '' is the program
 *   o:COMMAND          its options
 *   v:COMMAND OPTION   the values of an option; no row: the option takes no value
 *   a:COMMAND INDEX    the values of an argument
 */
import type { Argument, Command, Option } from 'commander';

/** Names that only a coordinator knows. */
export const NAME_KINDS = ['runs', 'models', 'datasets'] as const;

export type NameKind = (typeof NAME_KINDS)[number];

interface Candidate {
  readonly text: string;
  readonly description: string;
}

export interface CompletionRow {
  /** Each of these keys finds the row. */
  readonly keys: readonly string[];
  /** Candidates; or how the shell finds them: names from the coordinator, files. */
  readonly candidates: readonly Candidate[] | NameKind | 'files';
}

/** Descriptions stand beside a candidate, on one line. */
const DESCRIPTION_MAX_LENGTH = 70;

export function completionTable(program: Command): CompletionRow[] {
  const help = program.createHelp();
  const globals = help.visibleOptions(program);
  return [
    ...rowsOf(program, ''),
    ...globals.filter(takesValue).map((option) => valueRow(option, 'v:*')),
  ];

  function rowsOf(command: Command, path: string): CompletionRow[] {
    const subcommands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
    const own = command === program ? [] : help.visibleOptions(command);
    const below = (name: string) => (path === '' ? name : `${path} ${name}`);
    return [
      ...(subcommands.length === 0
        ? []
        : [{ keys: [`c:${path}`], candidates: subcommands.map(commandCandidate) }]),
      { keys: [`o:${path}`], candidates: optionCandidates([...own, ...globals]) },
      ...own.filter(takesValue).map((option) => valueRow(option, `v:${path}`)),
      ...command.registeredArguments.map((argument, index) => ({
        keys: [`a:${path} ${argument.variadic ? '*' : index}`],
        candidates: argumentCandidates(argument, command.parent),
      })),
      ...subcommands.flatMap((sub) => rowsOf(sub, below(sub.name()))),
    ];
  }
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function commandCandidate(command: Command): Candidate {
  return { text: command.name(), description: shortened(command.description()) };
}

/** Each option once; a command's own comes before the program's of the same name. */
function optionCandidates(options: readonly Option[]): Candidate[] {
  const byFlag = new Map<string, Candidate>();
  for (const { short, long, description } of options) {
    for (const text of [long, short]) {
      if (text != null && !byFlag.has(text)) {
        byFlag.set(text, { text, description: shortened(description) });
      }
    }
  }
  return [...byFlag.values()];
}

function valueRow(option: Option, prefix: string): CompletionRow {
  const flags = [option.long, option.short].filter((flag) => flag != null);
  const placeholder = /[<[]([^>\]]*)/.exec(option.flags)?.[1] ?? '';
  const kind = option.attributeName() === 'dataset' ? 'datasets' : undefined;
  return {
    keys: flags.map((flag) => `${prefix} ${flag}`),
    candidates: option.argChoices?.map(plain) ?? kind ?? filesOrNothing(placeholder),
  };
}

function argumentCandidates(
  argument: Argument,
  parent: Command | null,
): CompletionRow['candidates'] {
  const name = argument.name();
  if (argument.argChoices !== undefined) return argument.argChoices.map(plain);
  if (name === 'run') return 'runs';
  if (name === 'model') return 'models';
  const kind = NAME_KINDS.find((known) => known === parent?.name());
  return name === 'name' && kind !== undefined ? kind : filesOrNothing(name);
}

/** Whether a placeholder means files; `path=value` is a field, not a file. */
function filesOrNothing(placeholder: string): 'files' | [] {
  return /file|dir|folder|path|source/.test(placeholder) && !placeholder.includes('=')
    ? 'files'
    : [];
}

function plain(text: string): Candidate {
  return { text, description: '' };
}

function shortened(description: string): string {
  const characters = [...description];
  if (characters.length <= DESCRIPTION_MAX_LENGTH) return description;
  return `${characters.slice(0, DESCRIPTION_MAX_LENGTH - 1).join('')}…`;
}
