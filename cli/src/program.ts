/** The `coordinator` command: its global options, and those of its commands that a command line needs. */
import { homedir } from 'node:os';
import path from 'node:path';
import { address, flag, LOG_LEVELS, PRINTABLE_ERRORS } from '@lyceum/platform/flags';
import { Command, Option } from 'commander';
import { type AddCommands, COMMANDS } from './commands/index.js';
import { VERSION } from './version.js';

/** The command that needs all commands loaded: it prints a completion for all of them. */
const TELLS_OF_ALL = 'completion';

const HELP = 'help';

/**
 * The program with all its commands. Wrong usage and help are thrown as commander's errors.
 *
 * @param env - the process's environment, read for the cache folder and for secrets.
 */
export function createProgram(env: NodeJS.ProcessEnv): Promise<Command> {
  return withCommands(withoutCommands(env), new Set(COMMANDS.values()), env);
}

/**
 * The program for one command line: only the file of the named command is loaded, so that it starts fast. All files
 * are loaded if no command is named, or an unknown one.
 *
 * @throws {CommanderError} if `args` has a wrong global option, or asks for the version.
 */
export async function programFor(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Command> {
  const program = withoutCommands(env);
  // parseOptions takes the global options out, wherever they stand: the first operand is the command.
  const [name = ''] = program.parseOptions([...args]).operands;
  const load = COMMANDS.get(name);
  if (name === HELP) return withHelp(await createProgram(env));
  if (load === undefined || name === TELLS_OF_ALL) return createProgram(env);
  return withCommands(program, [load], env);
}

function withoutCommands(env: NodeJS.ProcessEnv): Command {
  return new Command('coordinator')
    .exitOverride()
    .description('Distils an ensemble of remote teacher models into one small student model.')
    .version(VERSION)
    .addOption(
      flag('--coordinator <address>', 'where the coordinator answers', 'LYCEUM_COORDINATOR')
        .default('127.0.0.1:7700')
        .argParser(address),
    )
    .addOption(
      flag(
        '--tls-dir <dir>',
        'folder with tls.crt, tls.key and ca.crt: turns mutual TLS on',
        'LYCEUM_TLS_DIR',
      ),
    )
    .addOption(
      new Option('-o, --output <format>', 'how data is printed')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .addOption(
      flag('--log-level <level>', 'of logs on stderr', 'LYCEUM_LOG_LEVEL')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addOption(
      flag('--cache <dir>', 'where set-up keeps data sets', 'LYCEUM_CACHE').default(
        cacheFolder(env),
        "lyceum in the user's cache folder",
      ),
    )
    .configureOutput(PRINTABLE_ERRORS)
    .showHelpAfterError('(see coordinator --help)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `
Exit codes: 0 ok, 1 the run failed, 2 usage or specification, 3 not found, 4 unreachable, 5 not allowed,
6 conflict, 124 the time ran out, 130 interrupted.

A first run:
  coordinator up                                      a cluster on this machine, in a terminal of its own
  coordinator datasets push digits digits
  coordinator submit examples/digits/teacher-wide.yaml --watch
  coordinator report digits-wide`,
    );
}

/** Adds the commands of these files. Each command inherits the program's handling of errors. */
async function withCommands(
  program: Command,
  files: Iterable<() => Promise<AddCommands>>,
  env: NodeJS.ProcessEnv,
): Promise<Command> {
  const adders = await Promise.all([...files].map((load) => load()));
  for (const add of adders) add(program, env);
  for (const command of program.commands) tellOwnHelp(command, program.name());
  return program;
}

/** Commander's own `help` reads one name: of `help models push` it shows the help of `models`. */
function withHelp(program: Command): Command {
  program
    .command(HELP)
    .description('display help for command')
    .argument('[command...]', 'its name, below the names of its groups')
    .action((names: string[]) => {
      let command = program;
      for (const name of names) {
        const below = command.commands.find((sub) => sub.name() === name);
        command = below ?? command.error(`error: unknown command '${name}'`);
      }
      command.help();
    });
  return program;
}

/** After an error of usage, makes each command point to its own help. */
function tellOwnHelp(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.showHelpAfterError(`(see ${name} --help)`);
  for (const below of command.commands) tellOwnHelp(below, name);
}

/** An empty or relative XDG_CACHE_HOME is ignored (XDG Base Directory Specification). */
function cacheFolder({ XDG_CACHE_HOME: own = '' }: NodeJS.ProcessEnv): string {
  return path.join(path.isAbsolute(own) ? own : path.join(homeFolder(), '.cache'), 'lyceum');
}

/** The user's home; the current folder if there is none, as in containers with an unknown user and no HOME. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '.';
  }
}
