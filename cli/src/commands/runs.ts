/** `list`, `get`, `watch`, `events`, `cancel`, `resume`, `retry`: what one does with runs that are there. */
import { LyceumError, printable, printableJson, type Run, type RunEvent } from '@lyceum/proto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  hasEnded,
  RUN_STATE_NAMES,
  type RunStateName,
  type RunsRequest,
  runStateOf,
} from '../client/index.js';
import { followRun } from '../following/index.js';
import { runDocument, runListLines, runPageLines, runTableLines } from '../printing/runs/index.js';
import { timeText } from '../printing/text/index.js';
import { type CommandContext, wholeNumber, withCoordinator } from '../session/index.js';

/** Runs that one looks at; a program that reads the list wants all. */
const TABLE_RUNS = 50;

interface ListOptions {
  readonly state?: RunStateName[];
  readonly team?: string;
  readonly label?: string;
  readonly text?: string;
  readonly limit?: number;
  readonly all?: true;
}

export function addRuns(program: Command): void {
  program
    .command('list')
    .description('list runs, newest first')
    .addOption(
      new Option('--state <state...>', 'only those in one of these states').choices(
        RUN_STATE_NAMES,
      ),
    )
    .option('--team <name>', "only those of this team, their specification's metadata.team")
    .option('--label <name=value>', 'only those with this label', labelSelector)
    .option('--text <text>', 'only those with this in their id, or in a label as NAME=VALUE')
    .addOption(
      new Option('--limit <n>', `at most so many (default: ${TABLE_RUNS} in a table)`)
        .argParser(wholeNumber(1))
        .conflicts('all'),
    )
    .option('--all', 'however many there are (default with -o json and -o yaml)')
    .addHelpText(
      'after',
      `
Examples:
  coordinator list
  coordinator list --state TRAINING PAUSED --team vision
  coordinator list --label sweep=digits -o json`,
    )
    .action((options: ListOptions, command: Command) =>
      withCoordinator(command, (context) => list(context, options)),
    );

  program
    .command('get')
    .description('show one run')
    .argument('<run>', "the run's id")
    .addHelpText(
      'after',
      `
Examples:
  coordinator get digits
  coordinator get digits -o yaml`,
    )
    .action((runId: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const run = await client.getRun(runId);
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );

  program
    .command('watch')
    .description('follow a run to its end: rate, epoch, loss, validation, who waits for whom')
    .argument('<run>', "the run's id")
    .addHelpText(
      'after',
      `
On a terminal the lines are rewritten; elsewhere each piece of news is a line on stderr. The run as it
ended is printed on stdout. Ctrl-C stops watching; the run goes on.

Examples:
  coordinator watch digits`,
    )
    .action((runId: string, _options: unknown, command: Command) =>
      withCoordinator(command, (context) => followRun(context, runId, 'live')),
    );

  program
    .command('events')
    .description("list a run's recorded events, oldest first")
    .argument('<run>', "the run's id")
    .option('--follow', 'go on with new ones until the run ends')
    .addHelpText(
      'after',
      `
Examples:
  coordinator events digits
  coordinator events digits --follow -o json`,
    )
    .action((runId: string, options: { follow?: true }, command: Command) =>
      withCoordinator(command, async ({ client, globals, signal }) => {
        const events = client.listEvents(runId, { follow: options.follow === true, signal });
        for await (const event of events) process.stdout.write(eventText(event, globals.output));
      }),
    );

  program
    .command('cancel')
    .description('cancel a run, or all that have a label')
    .argument('[run]', "the run's id")
    .option('--label <name=value>', 'all with this label that have not ended', labelSelector)
    .addHelpText(
      'after',
      `
Examples:
  coordinator cancel digits
  coordinator cancel --label sweep=digits`,
    )
    .action((runId: string | undefined, options: { label?: string }, command: Command) =>
      withCoordinator(command, async (context) => {
        if ((runId === undefined) === (options.label === undefined)) {
          throw new LyceumError('INVALID_ARGUMENT', 'want a run or --label, one of them');
        }
        if (options.label !== undefined) {
          await cancelLabelled(context, options.label);
          return;
        }
        const run = await context.client.cancelRun(runId ?? '');
        context.print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );

  program
    .command('resume')
    .description('let a paused run go on from its checkpoint, asking again for what failed')
    .argument('<run>', "the run's id")
    .option(
      '--accept-numerics',
      'also by a worker that computes otherwise than its checkpoint was computed; the report then says so',
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator resume digits`,
    )
    .action((runId: string, options: { acceptNumerics?: true }, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const acceptNumerics = options.acceptNumerics === true;
        const run = await client.resumeRun(runId, { acceptNumerics });
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );

  program
    .command('retry')
    .description(
      'start the next attempt of a run that failed or was cancelled, from its checkpoint',
    )
    .argument('<run>', "the run's id")
    .addHelpText(
      'after',
      `
Examples:
  coordinator retry digits`,
    )
    .action((runId: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const run = await client.retryRun(runId);
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );
}

async function list(
  { client, globals, print }: CommandContext,
  options: ListOptions,
): Promise<void> {
  const { state = [], team = '', label, text = '', limit, all } = options;
  const isTable = globals.output === 'table';
  const labels = label === undefined ? [] : [label];
  const fit: RunsRequest = { states: state.map(runStateOf), team, text, labels };
  const most = limit ?? (isTable && all !== true ? TABLE_RUNS : Number.POSITIVE_INFINITY);
  const { runs, count } = await client.firstRuns({ ...fit, brief: isTable }, most);
  const isChoice = state.length > 0 || team !== '' || text !== '' || label !== undefined;
  print(runs.map(runDocument), () => runListLines(runs, { count, isChoice, nowMs: Date.now() }));
}

/** The newest first: what waits is not given the place of what was cancelled before it. */
async function cancelLabelled(context: CommandContext, label: string): Promise<void> {
  const { client, print } = context;
  const open = await client.listRuns({ labels: [label], brief: true });
  const cancelled: Run[] = [];
  for (const { runId } of open.filter((run) => !hasEnded(run))) {
    // A run may have ended meanwhile, a baseline with its run.
    if (!hasEnded(await client.getRun(runId))) cancelled.push(await client.cancelRun(runId));
  }
  print(cancelled.map(runDocument), () =>
    cancelled.length === 0
      ? ['No run with that label has not ended.']
      : runTableLines(cancelled, Date.now()),
  );
}

/** One line each, so that they can be read as they come: with -o json one object, with -o yaml one document. */
function eventText(event: RunEvent, format: 'table' | 'json' | 'yaml'): string {
  const at = timeText(event.atMs) ?? '';
  if (format === 'table') {
    return `${printable(`${at}  ${event.kind.padEnd(18)}  ${event.message}`)}\n`;
  }
  const data: unknown = event.dataJson === '' ? {} : JSON.parse(event.dataJson);
  const { runId, kind, message } = event;
  const line = printableJson(JSON.stringify({ at, runId, kind, message, data }));
  return format === 'json' ? `${line}\n` : `--- ${line}\n`;
}

/** `NAME=VALUE`, as a request for runs has it. */
function labelSelector(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('want NAME=VALUE, as in sweep=digits.');
}
