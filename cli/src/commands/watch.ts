/** `watch`: follows a run to its end. */
import type { Command } from 'commander';
import { followRun } from '../following/index.js';
import { withCoordinator } from '../session/index.js';

export function addWatch(program: Command): void {
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
}
