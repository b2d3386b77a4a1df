/**
 * Shared by all commands that call the coordinator: the connection, the output, Ctrl-C.
 *
 * Data goes to stdout, everything else to stderr. Errors are not handled here: `main.ts` turns all that a command
 * throws into text and an exit code.
 */
import { EXIT, onInterrupt, type TlsIdentity, tlsIdentityIn } from '@lyceum/platform';
import { printable, printableJson } from '@lyceum/proto';
import type { Command } from 'commander';
import { CoordinatorClient } from '../client/index.js';
import { hanging } from '../printing/text/index.js';
import { CommandExit } from './exit-codes.js';
import { printableYaml } from './printable-yaml.js';
import { painter } from './terminal.js';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** Options of the root command, which every command takes too. */
export interface GlobalOptions {
  readonly coordinator: string;
  readonly tlsDir?: string;
  readonly output: OutputFormat;
  readonly logLevel: string;
  readonly cache: string;
}

export interface CommandContext {
  readonly client: CoordinatorClient;
  readonly globals: GlobalOptions;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  print(data: unknown, lines: () => readonly string[]): void;
  /**
   * Prints one of many data at once: with -o json an object a line, with -o yaml a document.
   *
   * @param line - the text without -o.
   */
  printOne(data: unknown, line: () => string): void;
  /** One line for a person, on stderr. */
  notice(line: string): void;
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** @throws {LyceumError} INVALID_ARGUMENT if the named folder has no TLS identity. */
export function tlsOf({ tlsDir }: GlobalOptions): TlsIdentity | undefined {
  return tlsIdentityIn(tlsDir, Date.now());
}

/** Prints data on stdout in the wanted format. */
export function print(format: OutputFormat, data: unknown, lines: () => readonly string[]): void {
  if (format === 'json') process.stdout.write(`${printableJson(JSON.stringify(data, null, 2))}\n`);
  else if (format === 'yaml') process.stdout.write(printableYaml(data));
  else
    process.stdout.write(
      lines()
        .map((line) => `${printable(hanging(line))}\n`)
        .join(''),
    );
}

function oneText(format: OutputFormat, data: unknown, line: () => string): string {
  if (format === 'table') return line();
  const json = printableJson(JSON.stringify(data));
  return format === 'json' ? json : `--- ${json}`;
}

/** Prints a line on stderr. @param line - one that begins with `warning: ` is coloured. */
export function notice(line: string): void {
  const { stderr } = process;
  const [, mark = '', text = line] = /^(warning: )(.*)$/s.exec(line) ?? [];
  // On a terminal, a progress line may stand there, which is cleared.
  const clear = stderr.isTTY ? '\u001b[K' : '';
  const painted = mark === '' ? '' : painter(stderr)('yellow', mark);
  stderr.write(`${clear}${painted}${printable(hanging(text))}\n`);
}

/**
 * Runs a command's work with a connection, and closes it afterwards.
 *
 * @throws {CommandExit} 130 if Ctrl-C ended it.
 */
export async function withCoordinator(
  command: Command,
  work: (context: CommandContext) => Promise<void>,
): Promise<void> {
  const globals = globalOptions(command);
  const interrupted = new AbortController();
  const stopListening = onInterrupt(['SIGINT'], () => interrupted.abort());
  const client = new CoordinatorClient(globals.coordinator, tlsOf(globals));
  try {
    await client.version({ signal: interrupted.signal });
    await work({
      client,
      globals,
      signal: interrupted.signal,
      print: (data, lines) => print(globals.output, data, lines),
      printOne: (data, line) => process.stdout.write(`${oneText(globals.output, data, line)}\n`),
      notice,
    });
  } catch (err) {
    if (interrupted.signal.aborted) throw new CommandExit(EXIT.interrupted);
    throw err;
  } finally {
    client.close();
    stopListening();
  }
  if (interrupted.signal.aborted) throw new CommandExit(EXIT.interrupted);
}
