/** `cancel`: one run, or all runs with a label. */
import { LyceumError, type Run } from '@lyceum/proto';
import type { Command } from 'commander';
import { hasEnded } from '../client/index.js';
import { runDocument, runPageLines, runTableLines } from '../printing/runs/index.js';
import {
  type CommandContext,
  labelSelector,
  tableWidth,
  withCoordinator,
} from '../session/index.js';

export function addCancel(program: Command): void {
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
          throw new LyceumError('INVALID_ARGUMENT', 'give either a run or --label');
        }
        if (options.label !== undefined) {
          await cancelLabelled(context, options.label);
          return;
        }
        const run = await context.client.cancelRun(runId ?? '');
        context.print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );
}

/** Cancels the newest first: otherwise a waiting run would take the place of one that was cancelled before it. */
async function cancelLabelled(context: CommandContext, label: string): Promise<void> {
  const { client, print } = context;
  const open = await client.listRuns({ labels: [label], brief: true });
  const cancelled: Run[] = [];
  for (const { runId } of open.filter((run) => !hasEnded(run))) {
    // A run may have ended meanwhile: cancelling a run also cancels its baseline.
    if (!hasEnded(await client.getRun(runId))) cancelled.push(await client.cancelRun(runId));
  }
  print(cancelled.map(runDocument), () =>
    cancelled.length === 0
      ? ['No run with that label is left to cancel.']
      : runTableLines(cancelled, Date.now(), tableWidth(process.stdout)),
  );
}
