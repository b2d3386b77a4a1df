/** The `coordinator` command: its global options, and its commands as far as they are asked for. */
import { homedir } from 'node:os';
import path from 'node:path';
import { address, flag, LOG_LEVELS, PRINTABLE_ERRORS } from '@lyceum/platform/flags';
import { Command, Option } from 'commander';
import { type AddCommands, COMMANDS } from './commands/index.js';
import { VERSION } from './version.js';

/** What `completion` prints has all commands in it. */
const TELLS_OF_ALL = 'completion';

/**
 * The program with all its commands. Errors and help are thrown as commander's.
 *
 * @param env - the process' environment, read for the place of the cache and for secrets.
 */
export function createProgram(env: NodeJS.ProcessEnv): Promise<Command> {
  return withCommands(withoutCommands(env), new Set(COMMANDS.values()), env);
}

/**
 * The program for one command line: with the commands of the file that the named command is in, and with all if none is
 * named, or an unknown one. A command so starts without loading the others.
 *
 * @throws {CommanderError} if `args` has a wrong global option, or asks for the version.
 */
export async function programFor(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Command> {
  const program = withoutCommands(env);
  // It reads the global options wherever they stand; what is left begins with the command.
  const [name = ''] = program.parseOptions([...args]).operands;
  const load = COMMANDS.get(name);
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

/** Each takes over what the program does with errors. */
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

/** After an error of usage: the help of the command that it is about. */
function tellOwnHelp(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.showHelpAfterError(`(see ${name} --help)`);
  for (const below of command.commands) tellOwnHelp(below, name);
}

/** A folder that is empty or relative is none (XDG Base Directory Specification). */
function cacheFolder({ XDG_CACHE_HOME: own = '' }: NodeJS.ProcessEnv): string {
  return path.join(path.isAbsolute(own) ? own : path.join(homeFolder(), '.cache'), 'lyceum');
}

/** The current one of a user that the machine does not know, as containers may have: HOME is not set then. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '.';
  }
}
