/** `delete` and `gc`: remove what should not be kept for ever. */
import { uint32From } from '@lyceum/platform/flags';
import type { Garbage } from '@lyceum/proto';
import type { Command } from 'commander';
import { bytesText, type Column, tableLines } from '../printing/text/index.js';
import { withCoordinator } from '../session/index.js';

/** Longer than the time between the upload of an artifact and the first reference to it. */
const GRACE_SECONDS = 3600;

export function addRetention(program: Command): void {
  program
    .command('delete')
    .description('delete runs that have ended: record, events, checkpoints, report and student')
    .argument('<run...>', "the runs' ids")
    .addHelpText(
      'after',
      `
Examples:
  coordinator delete digits digits-replay`,
    )
    .action((runIds: string[], _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, notice }) => {
        for (const runId of runIds) {
          for (const deleted of await client.deleteRun(runId)) notice(`deleted ${deleted}`);
        }
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
