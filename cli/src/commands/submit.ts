import { type Command, Option } from 'commander';
import {
  addSetting,
  readSpecificationDocument,
  readSpecificationFile,
  type Setting,
  sourceName,
} from '../files/index.js';
import { followRun } from '../following/index.js';
import { runDocument } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';
import { addSweep, type SweepRequest, submitSweep, sweepAxes } from '../sweep/index.js';

interface SubmitOptions {
  readonly set?: Setting[];
  readonly sweep?: string[];
  readonly runId?: string;
  readonly watch?: true;
  readonly wait?: boolean;
  readonly dryRun?: true;
  readonly askPaid?: true;
}

export function addSubmit(program: Command): void {
  program
    .command('submit')
    .description('submit a run; the same specification under the same id again changes nothing')
    .argument('<file>', 'specification in YAML or JSON; - reads standard input')
    .option('--set <path=value>', 'change a field before submitting; may be repeated', addSetting)
    .option(
      '--sweep <path=values>',
      'one run for each value of a field, or of the fields in a file; may be repeated',
      addSweep,
    )
    .option('--run-id <id>', "the run's or sweep's id (default: metadata.name)")
    .addOption(
      new Option('--watch', 'show progress until the run ends').conflicts(['wait', 'dryRun']),
    )
    .addOption(new Option('--wait', 'wait silently until the run ends').conflicts('dryRun'))
    .addOption(new Option('--no-wait', 'return at once (the default)'))
    .option(
      '--dry-run',
      'let the coordinator check everything and store nothing; endpoints without a price are asked about one batch',
    )
    .addOption(
      new Option('--ask-paid', 'with --dry-run: ask endpoints with a price too').implies({
        dryRun: true,
      }),
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator submit digits.yaml --watch
  coordinator submit digits.yaml --run-id digits-t2 --set spec.objective[0].temperature=2 --wait
  coordinator submit digits.yaml --set 'spec.labels={count: 200, seed: 1}' --dry-run
  coordinator submit digits.yaml --sweep training.seed=1,2,3 --sweep objective[0].temperature=1,2.5,4 --watch
  cat digits.yaml | coordinator submit -

A sweep submits every combination of its values, as runs whose ids begin with its own; they share stored answers. All
are checked before the first is submitted. --watch ends with its table, which coordinator sweep table shows too.

Ctrl-C during --watch or --wait leaves the run going on.`,
    )
    .action((file: string, options: SubmitOptions, command: Command) =>
      submit(file, options, command),
    );
}

async function submit(file: string, options: SubmitOptions, command: Command): Promise<void> {
  if (options.sweep !== undefined) {
    await sweep(file, options, options.sweep, command);
    return;
  }
  const { text } = await readSpecificationFile(file, options.set ?? [], process.stdin);
  await withCoordinator(command, async (context) => {
    const { run, created, warnings } = await context.client.submitRun(text, {
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      dryRun: options.dryRun === true,
      askPaid: options.askPaid === true,
    });
    for (const warning of warnings) context.notice(`warning: ${warning}`);
    const { runId } = run;
    if (options.dryRun) {
      context.print(runDocument(run), () => [`${runId} would be accepted`]);
      return;
    }
    if (!created) context.notice(`${runId} exists already, with the same specification`);
    if (options.watch || options.wait) {
      await followRun(context, runId, options.watch ? 'live' : 'quiet');
    } else {
      context.print(runDocument(run), () => [runId]);
      context.notice(`See it with: coordinator watch ${runId}`);
    }
  });
}

async function sweep(
  file: string,
  options: SubmitOptions,
  sweepTexts: readonly string[],
  command: Command,
): Promise<void> {
  const { set = [], runId, watch, wait } = options;
  const axes = await sweepAxes(sweepTexts, file);
  const request: SweepRequest = {
    document: await readSpecificationDocument(file, set, process.stdin),
    source: `${sourceName(file)} with --sweep`,
    axes,
    dryRun: options.dryRun === true,
    ...(runId !== undefined && { name: runId }),
    ...((watch || wait) && { follow: watch ? 'live' : 'quiet' }),
  };
  await withCoordinator(command, (context) => submitSweep(context, request));
}
