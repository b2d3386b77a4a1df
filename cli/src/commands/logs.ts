import { uint32From } from '@lyceum/platform/flags';
import { printable } from '@lyceum/proto';
import { type Command, Option } from 'commander';
import { LOG_LEVELS, logLevelName } from '../client/index.js';
import { indented, timeText } from '../printing/text/index.js';
import { type Colour, painter, withCoordinator } from '../session/index.js';

const COLOURS: Readonly<Partial<Record<string, Colour>>> = {
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

interface LogsOptions {
  readonly level: keyof typeof LOG_LEVELS;
  readonly from: string;
  readonly tail: number;
  readonly follow?: true;
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .description(
      "show what the logs of coordinator and workers say of a run, or of a teacher's work for it",
    )
    .argument('<run>', "the run's id")
    .option('--follow', 'go on with new lines until the run has ended')
    .addOption(
      new Option('--level <level>', 'this and above')
        .choices(Object.keys(LOG_LEVELS))
        .default('info'),
    )
    .addOption(
      new Option('--from <program>', 'only of the coordinator, or of a worker by its id').default(
        '',
        'all',
      ),
    )
    .addOption(
      new Option('--tail <n>', 'only the newest so many lines')
        .argParser(uint32From(1))
        .default(0, 'all that are kept'),
    )
    .addHelpText(
      'after',
      `
The coordinator keeps the newest lines of each run in memory, up to 2,000 or 512 KiB, and forgets them
when it is started again. The whole logs are on stderr of the programs: of "coordinator up" in DIR/logs,
on Kubernetes by "kubectl logs".

Examples:
  coordinator logs digits
  coordinator logs digits --level warn --follow
  coordinator logs digits --from teacher-1 --tail 20 -o json`,
    )
    .action((runId: string, options: LogsOptions, command: Command) =>
      withCoordinator(command, async ({ client, printOne, notice, signal }) => {
        const { follow = false, ...wanted } = options;
        const request = { ...wanted, level: LOG_LEVELS[options.level], follow, signal };
        let lineCount = 0;
        for await (const { omittedCount, lines } of client.listLogs(runId, request)) {
          if (omittedCount > 0) notice(omittedText(omittedCount));
          for (const { atMs, level: number, from, message } of lines) {
            const line = { at: timeText(atMs) ?? '', level: logLevelName(number), from, message };
            printOne(line, () => lineText(line));
          }
          lineCount += lines.length;
        }
        if (lineCount === 0)
          notice('The coordinator has no such lines. It keeps those since its own start.');
      }),
    );
}

function omittedText(count: number): string {
  const lines = count === 1 ? '1 line is' : `${count} lines are`;
  return `warning: ${lines} no longer kept before the next one; the programs' own logs have them`;
}

function lineText(own: Readonly<Record<'at' | 'level' | 'from' | 'message', string>>): string {
  const { at, level, from, message } = own;
  const line = printable(indented(`${at}  ${level.padEnd(5)}  ${from.padEnd(11)}  ${message}`));
  const colour = COLOURS[level];
  return colour === undefined ? line : painter(process.stdout)(colour, line);
}
