/** `list`: runs, newest first. */
import { wholeNumber } from '@lyceum/platform/flags';
import { type Command, Option } from 'commander';
import {
  RUN_STATE_NAMES,
  type RunStateName,
  type RunsRequest,
  runStateOf,
} from '../client/index.js';
import { runDocument, runListLines } from '../printing/runs/index.js';
import {
  type CommandContext,
  labelSelector,
  tableWidth,
  withCoordinator,
} from '../session/index.js';

/** Number of runs in a table, without --limit; a program that reads the list gets all runs. */
const TABLE_RUNS = 50;

interface ListOptions {
  readonly state?: RunStateName[];
  readonly team?: string;
  readonly label?: string;
  readonly text?: string;
  readonly limit?: number;
  readonly all?: true;
}

export function addList(program: Command): void {
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
  print(runs.map(runDocument), () =>
    runListLines(runs, { count, isChoice, nowMs: Date.now(), width: tableWidth(process.stdout) }),
  );
}
