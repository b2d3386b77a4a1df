/** `delete` and `gc`: remove what should not be kept for ever. */
import { uint32From } from '@lyceum/platform/flags';
import { type Garbage, LyceumError, toLyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { hasEnded } from '../client/index.js';
import { bytesText, type Column, tableLines } from '../printing/text/index.js';
import { type CommandContext, labelSelector, withCoordinator } from '../session/index.js';

/** Longer than the time between the upload of an artifact and the first reference to it. */
const GRACE_SECONDS = 3600;
/** Codes of a refusal to delete one run, which says nothing of others. */
const REFUSALS: readonly string[] = ['FAILED_PRECONDITION', 'NOT_FOUND'];

export function addRetention(program: Command): void {
  program
    .command('delete')
    .description('delete runs that have ended: record, events, checkpoints, report and student')
    .argument('[run...]', "the runs' ids")
    .option('--label <name=value>', 'all with this label that have ended', labelSelector)
    .addHelpText(
      'after',
      `
A run that another run names, as its teacher for example, stays; the others are deleted.

Examples:
  coordinator delete digits digits-replay
  coordinator delete --label sweep=digits`,
    )
    .action((runIds: string[], { label }: { label?: string }, command: Command) =>
      withCoordinator(command, async (context) => {
        if ((runIds.length === 0) === (label === undefined)) {
          throw new LyceumError('INVALID_ARGUMENT', 'give either runs or --label');
        }
        if (label === undefined) await deleteRuns(context, runIds);
        else await deleteLabelled(context, label);
      }),
    );

  program
    .command('gc')
    .description('delete what nothing refers to: blobs, cut-off uploads, events of deleted runs')
    .option('--dry-run', 'only say what would be deleted')
    .option(
      '--grace <seconds>',
      'keep what was written in the last so many seconds',
      uint32From(0),
      GRACE_SECONDS,
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator gc --dry-run
  coordinator gc --grace 86400`,
    )
    .action((options: { dryRun?: true; grace: number }, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const dryRun = options.dryRun === true;
        const garbage = await client.collectGarbage({ dryRun, graceSeconds: options.grace });
        print(garbage, () => garbageLines(garbage, dryRun));
      }),
    );
}

/** Deletes the newest first: a run names only older ones, which stay as long as it is there. */
async function deleteLabelled(context: CommandContext, label: string): Promise<void> {
  const runs = await context.client.listRuns({ labels: [label], brief: true });
  const ended = runs.filter(hasEnded);
  if (ended.length === 0) context.notice('No run with that label has ended.');
  const runIds = ended.map(({ runId }) => runId);
  await deleteRuns(context, runIds);
}

/** @throws {LyceumError} the first refusal, after all others were tried. */
async function deleteRuns(
  { client, notice }: CommandContext,
  runIds: readonly string[],
): Promise<void> {
  const gone = new Set<string>();
  const refusals = new Map<string, LyceumError>();
  for (const runId of runIds) {
    if (gone.has(runId)) continue;
    try {
      for (const deleted of await client.deleteRun(runId)) {
        // With a run goes its baseline, which may have been refused before.
        gone.add(deleted);
        refusals.delete(deleted);
        notice(`deleted ${deleted}`);
      }
    } catch (thrown) {
      const refusal = toLyceumError(thrown);
      if (!REFUSALS.includes(refusal.code)) throw thrown;
      refusals.set(runId, refusal);
    }
  }
  const [first, ...more] = refusals.values();
  for (const { message } of more) notice(message);
  if (first !== undefined) throw first;
}

function garbageLines(garbage: readonly Garbage[], dryRun: boolean): string[] {
  if (garbage.length === 0) return ['Nothing to delete.'];
  const columns: Column<Garbage>[] = [
    { title: 'KIND', value: (g) => g.kind },
    { title: 'NAME', value: (g) => g.name },
    { title: 'SIZE', value: (g) => bytesText(g.sizeBytes), align: 'right' },
  ];
  const bytes = garbage.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const did = dryRun ? 'would be deleted' : 'deleted';
  return [...tableLines(columns, garbage), `${garbage.length} things, ${bytesText(bytes)}, ${did}`];
}
