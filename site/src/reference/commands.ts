/** Pages about commands and their flags, from commander's descriptions. Pure, except that it calls commander. */
import type { Argument, Command, Option } from 'commander';
import type { Described } from './described.js';
import { block, code, page, plain, table } from './markdown.js';

/** @param intro - Markdown below the title. */
export function commandsPage(title: string, intro: string, programs: readonly Command[]): string {
  return page(`# ${title}`, intro, ...programs.flatMap((program) => sections(program)));
}

export function describedCommands(program: Command): Described[] {
  return family(program).flatMap((command) => {
    const path = pathOf(command);
    return [
      { path, text: command.description() },
      ...command.registeredArguments.map((argument) => ({
        path: `${path} ${argument.name()}`,
        text: argument.description,
      })),
      ...optionsOf(command).map((option) => ({
        path: `${path} ${option.flags}`,
        text: option.description,
      })),
    ];
  });
}

function sections(program: Command): string[] {
  return family(program).flatMap((command) => {
    const isGroup = command.commands.length > 0 && command !== program;
    return [
      `## ${pathOf(command)}`,
      plain(sentence(command.description())),
      isGroup ? '' : block(command.createHelp().commandUsage(command)),
      table(['argument', 'what'], command.registeredArguments.map(argumentRow)),
      table(['option', 'what'], optionsOf(command).map(optionRow)),
      after(command),
    ];
  });
}

/** The command and its subcommands, in their order. */
function family(command: Command): Command[] {
  const below = command.commands.filter((sub) => sub.name() !== 'help');
  return [command, ...below.flatMap(family)];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function optionsOf(command: Command): readonly Option[] {
  return command.options.filter((option) => !option.hidden);
}

function argumentRow(argument: Argument): string[] {
  const choices = argument.argChoices?.map(code).join(', ');
  const text = choices === undefined ? '' : ` One of ${choices}.`;
  return [code(argument.name()), plain(sentence(argument.description)) + text];
}

function optionRow(option: Option): string[] {
  const choices = option.argChoices?.map(code).join(', ');
  const without = defaultOf(option);
  const more = [
    choices === undefined ? '' : `One of ${choices}.`,
    without === '' ? '' : `Default: ${without}.`,
    option.envVar === undefined ? '' : `Variable: ${code(option.envVar)}.`,
  ];
  const words = [plain(sentence(option.description)), ...more];
  return [code(option.flags), words.filter((word) => word !== '').join(' ')];
}

function defaultOf(option: Option): string {
  if (option.defaultValueDescription !== undefined) return plain(option.defaultValueDescription);
  const value = option.defaultValue;
  if (Array.isArray(value) && value.length === 0) return '';
  if (value === undefined || value === false || (option.negate && value === true)) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The text below the options in the help: explanations and examples. */
function after(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  const text = help.slice(command.helpInformation().length).trim();
  return text === '' ? '' : block(text);
}

/** Turns a text into a sentence. Names of files and flags at its start keep their lower case. */
function sentence(text: string): string {
  const [first = ''] = text.split(' ', 1);
  const isWord = /^[a-z]+['a-z]*[,;:]?$/.test(first);
  const start = isWord ? `${first[0]?.toUpperCase()}${text.slice(1)}` : text;
  return text === '' || /[.:]$/.test(text) ? start : `${start}.`;
}
