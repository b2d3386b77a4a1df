/** `events`: what happened to a run. */
import { printable } from '@lyceum/proto';
import type { Command } from 'commander';
import { indented, timeText } from '../printing/text/index.js';
import { withCoordinator } from '../session/index.js';

export function addEvents(program: Command): void {
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
      withCoordinator(command, async ({ client, printOne, signal }) => {
        const events = client.listEvents(runId, { follow: options.follow === true, signal });
        for await (const { atMs, kind, message, dataJson } of events) {
          const at = timeText(atMs) ?? '';
          const data: unknown = dataJson === '' ? {} : JSON.parse(dataJson);
          printOne({ at, runId, kind, message, data }, () =>
            printable(indented(`${at}  ${kind.padEnd(18)}  ${message}`)),
          );
        }
      }),
    );
}
